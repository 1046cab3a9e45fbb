//! Words of the API that are enumerations today and may get new members tomorrow.

/// Declares an open enumeration: the members that are known, and `Other` for every word that is not. An unknown word is
/// kept and shown, never an error.
macro_rules! open_words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$word_meta:meta])* $variant:ident = $word:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$word_meta])* $variant,)*
            /// A word that is newer than this program; empty when nothing was said.
            Other(std::sync::Arc<str>),
        }

        impl $name {
            /// Reads a word.
            pub fn read(word: &str, interner: &mut $crate::fleet::intern::Interner) -> Self {
                match word {
                    $($word => Self::$variant,)*
                    other => Self::Other(interner.get(other)),
                }
            }

            /// The word as the API spells it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Other(other) => other,
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::Other(std::sync::Arc::default())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use open_words;

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro makes what others see")]
mod tests {
    use crate::fleet::intern::Interner;

    open_words! {
        /// For the test.
        pub enum Colour {
            /// Red.
            Red = "red",
        }
    }

    #[test]
    fn a_word_that_is_not_known_is_kept_as_it_is() {
        let interner = &mut Interner::default();
        assert_eq!(Colour::read("red", interner), Colour::Red);
        let unknown = Colour::read("Blue", interner);
        assert_eq!((unknown.as_str(), format!("{unknown:>5}").as_str()), ("Blue", " Blue"));
        assert_eq!(Colour::default().as_str(), "");
    }
}
