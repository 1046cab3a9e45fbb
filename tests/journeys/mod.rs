//! Journeys: keys in, screen out, over the embedded world.

mod cockpit;
mod hostile;
mod kinds;
mod live;
mod matrix;
mod objects;
mod tables;
mod traffic;
mod troubles;
mod views;
