//! pilothouse

pub mod app;
pub mod cli;
pub mod config;
pub mod fleet;
pub mod gateway;
pub mod logging;
pub mod settings;
pub mod simulator;
pub mod snapshot;
pub mod sources;
pub mod terminal;
pub mod ui;
