"""The lab: the model driven by history, without Qt, and archives brought into the history.

Law: everything is causal: what is said of a moment is computed from what was stamped before it. Sources are read through
`sources.Source` alone. Nothing is imported here, so that a command loads only what it needs.
"""
