//! Journeys: keys in, screen out, over the embedded world.

mod alarms;
mod cockpit;
mod components;
mod delivery;
mod dns;
mod eks;
mod hostile;
mod incomplete;
mod insights;
mod karpenter;
mod kinds;
mod live;
mod matrix;
mod network;
mod objects;
mod storage;
mod tables;
mod topology;
mod traffic;
mod troubles;
mod views;
