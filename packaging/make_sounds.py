"""Write the alert sounds of `resources/sounds`: soft sine tones with a short decay, 22,050 Hz, 16 bit, mono.

Run it from the checkout; the same input gives the same bytes.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

RATE = 22_050
# name: (start in s, pitch in Hz, length in s) of each tone
SOUNDS = {
    "price": ((0.00, 587.33, 0.28), (0.13, 880.00, 0.42)),
    "zone": ((0.00, 440.00, 0.30), (0.16, 349.23, 0.46)),
    "imbalance": ((0.00, 493.88, 0.52),),
    "funding": ((0.00, 392.00, 0.52),),
    "forced": ((0.00, 659.26, 0.16), (0.11, 659.26, 0.16), (0.22, 523.25, 0.40)),
}


def tone(pitch: float, length: float) -> np.ndarray:
    """Return one tone: a fundamental with a quiet octave, a 6 ms rise and an exponential fall to silence."""
    t = np.arange(int(length * RATE)) / RATE
    shape = np.minimum(t / 0.006, 1.0) * np.exp(-t * 5.0 / length) * np.minimum((length - t) / 0.02, 1.0)
    wave: np.ndarray = (np.sin(2 * np.pi * pitch * t) + 0.18 * np.sin(4 * np.pi * pitch * t)) * shape
    return wave


def main() -> None:
    folder = Path(__file__).resolve().parent.parent / "resources" / "sounds"
    folder.mkdir(parents=True, exist_ok=True)
    for name, tones in SOUNDS.items():
        total = max(start + length for start, _, length in tones)
        samples = np.zeros(int(total * RATE) + 1)
        for start, pitch, length in tones:
            part = tone(pitch, length)
            first = int(start * RATE)
            samples[first : first + part.size] += part
        samples *= 0.35 / np.abs(samples).max()
        with wave.open(str(folder / f"{name}.wav"), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes((samples * 32767).astype("<i2").tobytes())


if __name__ == "__main__":
    main()
