use ratatui::style::Color;

use super::colour::{Rgb, shown};
use super::*;

fn depths() -> [Depth; 3] {
    [Depth::True, Depth::Indexed, Depth::Sixteen]
}

fn luminance(Rgb(r, g, b): Rgb) -> f64 {
    let linear = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

/// WCAG 2.
fn contrast(a: Color, b: Color) -> f64 {
    let (a, b) = (luminance(shown(a).unwrap()), luminance(shown(b).unwrap()));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// What may be overlooked needs less; lines and empty bars carry no words.
fn demanded(role: Role) -> f64 {
    match role {
        Role::Rule | Role::BarFree => 1.0,
        Role::Dim | Role::Stale | Role::Ghost | Role::KeyDisabled | Role::LogTime | Role::Header => 3.0,
        _ => 4.5,
    }
}

#[test]
fn every_shipped_theme_can_be_read_at_every_depth() {
    let mut poor = Vec::new();
    for (name, _) in THEMES {
        for depth in depths() {
            let theme = Theme::shipped(name, depth).unwrap();
            let ground = theme.of(Role::Text).bg.unwrap();
            let selection = theme.of(Role::Selection);
            let overlay = theme.of(Role::Overlay).bg.unwrap_or(ground);
            for role in ROLES {
                let style = theme.of(*role);
                let fg = style.fg.unwrap_or(theme.of(Role::Text).fg.unwrap());
                let mut grounds = vec![("its ground", style.bg.unwrap_or(ground))];
                if style.bg.is_none() {
                    grounds.push(("an overlay", overlay));
                    if selection.fg.is_none() {
                        grounds.push(("the selection", selection.bg.unwrap()));
                    }
                }
                for (what, bg) in grounds {
                    let got = contrast(fg, bg);
                    if got < demanded(*role) {
                        poor.push(format!("{name} {depth:?} {role:?} on {what}: {got:.2}"));
                    }
                }
            }
            if let Some(fg) = selection.fg {
                assert!(contrast(fg, selection.bg.unwrap()) >= 4.5, "{name} {depth:?} selection");
            }
        }
    }
    assert!(poor.is_empty(), "{}", poor.join("\n"));
}

#[test]
fn the_selection_and_production_stand_out_at_every_depth() {
    for (name, _) in THEMES {
        for depth in depths() {
            let theme = Theme::shipped(name, depth).unwrap();
            let ground = theme.of(Role::Text).bg;
            assert_ne!(theme.of(Role::Selection).bg, ground, "{name} {depth:?}");
            assert_ne!(theme.of(Role::BadgeProduction).bg, ground, "{name} {depth:?}");
            assert_ne!(theme.of(Role::BadgeProduction), theme.of(Role::BadgeDevelopment), "{name} {depth:?}");
        }
        let plain = Theme::shipped(name, Depth::None).unwrap();
        assert!(plain.of(Role::Selection).add_modifier.contains(Modifier::REVERSED));
        for role in ROLES {
            assert_eq!((plain.of(*role).fg, plain.of(*role).bg), (None, None));
        }
        assert_ne!(plain.of(Role::BadgeProduction), plain.of(Role::BadgeDevelopment));
        assert_ne!(plain.of(Role::BadgeProduction), plain.of(Role::BadgeStaging));
    }
}

#[test]
fn the_list_of_roles_is_complete_and_in_order() {
    for (at, role) in ROLES.iter().enumerate() {
        assert_eq!(*role as usize, at, "{role:?}");
    }
    assert_eq!(ROLES.len(), Role::LogNote as usize + 1);
}

#[test]
fn every_theme_file_is_listed_and_every_fallback_ends_at_text() {
    for role in ROLES {
        let (mut at, mut steps) = (*role, 0);
        while let Some(next) = fallback(at) {
            at = next;
            steps += 1;
            assert!(steps < 8, "{role:?}");
        }
        assert_eq!(at, Role::Text);
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("themes");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    assert_eq!(files, THEMES.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>());
}

#[test]
fn a_short_theme_takes_the_rest_from_the_one_it_inherits() {
    let own = |name: &str| {
        (name == "mine").then(|| "inherits = \"dark\"\n[roles]\nwarning = \"#ffff00\"\n".to_owned())
    };
    let mine = Theme::load("mine", Depth::True, &own).unwrap();
    let dark = Theme::shipped("dark", Depth::True).unwrap();
    assert_eq!(mine.of(Role::Warning).fg, Some(Color::Rgb(255, 255, 0)));
    assert_eq!(mine.of(Role::Critical), dark.of(Role::Critical));
    // A role that no file names looks like the one it falls back on, in the heir's colours.
    let bare = |name: &str| {
        (name == "bare")
            .then(|| "[roles]\ntext = { fg = \"white\", bg = \"black\" }\nwarning = \"yellow\"\n".into())
    };
    let bare = Theme::load("bare", Depth::True, &bare).unwrap();
    assert_eq!(bare.of(Role::Match), bare.of(Role::Warning));
    assert_eq!(bare.of(Role::LogSource).fg, bare.of(Role::Text).fg);
}

#[test]
fn mistakes_are_named_with_their_place_and_the_nearest_name() {
    let complain = |text: &str| -> String {
        let text = text.to_owned();
        let own = move |name: &str| (name == "mine").then(|| text.clone());
        let complaints = Theme::load("mine", Depth::True, &own).unwrap_err();
        complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(
        complain("[roles]\nwarnign = \"#ffffff\"\n"),
        "theme mine: 2:1: unknown role \"warnign\"; did you mean \"warning\"?"
    );
    assert_eq!(
        complain("[palette]\nink = \"#ffffff\"\n[roles]\ntext = { fg = \"inc\" }\n"),
        "theme mine: 4:15: \"inc\" is not in the palette; did you mean \"ink\"?"
    );
    assert_eq!(
        complain("[roles]\ntext = { add = [\"blod\"] }\n"),
        "theme mine: 2:17: unknown modifier \"blod\"; did you mean \"bold\"?"
    );
    assert_eq!(
        complain("[palette]\nink = \"#fffff\"\n"),
        "theme mine: 2:7: a colour is \"#rrggbb\" or one of the sixteen by name"
    );
    assert_eq!(complain("inherits = \"mine\""), "theme mine: inherits itself: mine → mine");
    assert_eq!(
        complain("inherits = \"drak\""),
        "theme mine: there is no theme \"drak\"; did you mean \"dark\"?"
    );
}

#[test]
fn a_users_dark_may_inherit_the_shipped_dark() {
    let own = |name: &str| {
        (name == "dark").then(|| "inherits = \"dark\"\n[roles]\ngood = \"#00ff00\"\n".to_owned())
    };
    let theme = Theme::load("dark", Depth::True, &own).unwrap();
    assert_eq!(theme.of(Role::Good).fg, Some(Color::Rgb(0, 255, 0)));
    assert_eq!(theme.of(Role::Text), Theme::shipped("dark", Depth::True).unwrap().of(Role::Text));
}
