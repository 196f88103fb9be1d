//! The table of `tests/README.md`.
