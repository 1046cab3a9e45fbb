//! Wiring: dependencies, event loop, effects, shutdown.
