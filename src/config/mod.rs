//! Finding, reading and watching the configuration files.
