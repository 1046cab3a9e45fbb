//! How it looks: state, update and render, still pure.
//!
//! Data comes in as [`message::Msg`], intents go out as [`message::Effect`]; nothing here touches a terminal, a file or
//! a network. A [`view::View`] is one screen; most screens are a [`listing::Listing`]: a row type, columns, and a
//! verdict, from which the table, its sorting and filtering, the JSON and the help are all made.

pub mod columns;
pub mod input;
pub mod join;
pub mod listing;
pub mod message;
pub mod role;
pub mod value;
pub mod view;
pub mod views;

#[cfg(test)]
pub(crate) mod test_cluster;
