//! What the user may set, as plain data read from TOML text.
