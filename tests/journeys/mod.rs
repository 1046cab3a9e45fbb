//! Journeys: keys in, screen out, over the embedded world.

mod cockpit;
mod live;
mod objects;
mod tables;
mod troubles;
mod views;
