//! Journeys: keys in, screen out, over the embedded world.

mod views;
