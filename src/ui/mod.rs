//! How it looks: state, update and render, still pure.
//!
//! Data comes in as [`message::Msg`], intents go out as [`message::Effect`]; nothing here touches a terminal, a file or
//! a network. A [`view::View`] is one screen; most screens are a [`listing::Listing`]: a row type, columns, and a
//! verdict, from which the table, its sorting and filtering, the JSON and the help are all made.

pub mod cockpit;
pub mod columns;
pub mod command;
pub mod describe;
pub mod difference;
pub mod export;
pub mod fresh;
pub mod fuzzy;
pub mod grid;
pub mod input;
pub mod join;
pub mod judge;
pub mod keymap;
pub mod line;
pub mod listing;
pub mod message;
pub mod page;
pub mod picture;
pub mod preferences;
pub mod role;
pub mod table_view;
pub mod text;
pub mod theme;
pub mod toml_text;
pub mod value;
pub mod view;
pub mod views;
pub mod widgets;

#[cfg(test)]
pub(crate) mod test_cluster;
