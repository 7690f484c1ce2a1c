"""Every setting declares its row in the dialog, or that it has none; and values that it may have."""

from __future__ import annotations

from liqdesk.settings import SECTIONS, Hidden, OneOf, Row, Settings, Within, declared, is_sensible

EDITED = (bool, int, float, str)


def test_every_setting_says_whether_it_has_a_row() -> None:
    for name, field in declared().items():
        assert field.shown is not None, (
            f"“{name}” of liqdesk/settings/fields.py says nothing of the dialog: annotate it with Row(SECTION, label, help, unit), "
            "or with Hidden(where it is set instead)."
        )


def test_every_row_has_what_the_dialog_writes() -> None:
    labels = []
    for name, field in declared().items():
        if isinstance(field.shown, Hidden):
            assert field.shown.why, f"“{name}” is hidden without a word on where it is set instead."
        if not isinstance(field.shown, Row):
            continue
        row = field.shown
        labels.append(row.label)
        assert row.section in SECTIONS, f"“{name}” names a section that liqdesk/settings/declared.py does not have."
        assert row.label, f"“{name}” has no label."
        assert row.help.endswith("."), f"“{name}” has no sentence of help."
        assert isinstance(field.values, OneOf) or field.type in EDITED, (
            f"“{name}” is of a type the dialog has no editor for: give it a OneOf, or hide it."
        )
        if field.type in (int, float):
            assert field.values is not None, f"“{name}” is a number without limits: give it a Within(low, high)."
        assert row.kind in ("", "zone", "address", "proxy"), f"“{name}” is of a kind the dialog does not know."
    assert sorted(labels) == sorted(set(labels)), "two rows of the settings have the same label"


def test_a_default_lies_within_what_is_declared() -> None:
    plain = Settings()
    for name, field in declared().items():
        assert is_sensible(name, getattr(plain, name))
        if isinstance(field.values, Within):
            assert not is_sensible(name, field.values.high + 1)
            assert not is_sensible(name, field.values.low - 1)
        if isinstance(field.values, OneOf):
            assert all(word for _, word in field.values.choices)
            assert not is_sensible(name, "none of them")
