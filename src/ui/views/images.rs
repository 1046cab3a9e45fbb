//! `images`

use crate::fleet::ResourceType;
use crate::fleet::image;
use crate::planes::image::{Known, RUNNING_IMAGES, RunningImage};
use crate::ui::columns;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::Value;
use crate::ui::view::ViewAbout;

/// Images that run, with what the registry knows of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Images;

static ABOUT: ViewAbout = ViewAbout {
    name: "images",
    aliases: &["image", "ecr"],
    help: "Images that pods run: how many, whether ECR has the tag, when it was pushed, what its scan found",
};

static RESOURCES: [ResourceType; 1] = [RUNNING_IMAGES];

static COLUMNS: [Column<RunningImage>; 9] = [
    columns::name().fit(20, 64).shortened(image::without_registry),
    Column::<RunningImage>::new("pods", "PODS", "Pods that name it", |row, _| {
        Value::Count(row.pods.into()).into()
    })
    .fit(4, 6)
    .drop_at(1)
    .sorts_by('P'),
    Column::<RunningImage>::new("registry", "REGISTRY", "The registry that it is in", |row, _| {
        Value::text(image::registry(&row.name)).as_role(Role::Dim)
    })
    .fit(8, 24)
    .drop_at(5)
    .sorts_by('R'),
    Column::<RunningImage>::new("in-ecr", "IN ECR", "Whether the account's registry has it", |row, _| {
        match &row.known {
            Known::Unknown => Value::Unknown.into(),
            Known::NoTag => Value::text("no such tag").as_role(Role::Warning),
            Known::NoRepository => Value::text("no repository").as_role(Role::Warning),
            Known::Is(_) => Value::text("yes").as_role(Role::Dim),
        }
    })
    .fit(6, 13)
    .drop_at(2)
    .sorts_by('E'),
    Column::<RunningImage>::new(
        "findings",
        "SCAN",
        "Critical, high and medium findings of its scan",
        |row, _| {
            let Some(found) = row.findings() else { return Value::Nothing.into() };
            let role = if found.critical + found.high > 0 { Role::Warning } else { Role::Dim };
            Value::text(format!("{}/{}/{}", found.critical, found.high, found.medium)).as_role(role)
        },
    )
    .fit(5, 11)
    .drop_at(2)
    .sorts_by('S'),
    Column::<RunningImage>::new("size", "SIZE", "Its size in the registry, compressed", |row, _| match &row
        .known
    {
        Known::Is(known) => Value::Bytes(known.size).into(),
        _ => Value::Nothing.into(),
    })
    .fit(5, 8)
    .drop_at(6)
    .sorts_by('Z'),
    Column::<RunningImage>::new("digest", "DIGEST", "What its tag means in the registry now", |row, _| {
        match &row.known {
            Known::Is(known) => Value::text(&*known.digest).as_role(Role::Dim),
            _ => Value::Nothing.into(),
        }
    })
    .fit(10, 20)
    .wide(),
    Column::<RunningImage>::new("namespaces", "NAMESPACES", "Where its pods are", |row, _| {
        Value::text(row.namespaces.join(",")).as_role(Role::Dim)
    })
    .fit(8, 32)
    .drop_at(4),
    columns::age(|row, _| match &row.known {
        Known::Is(known) if !known.pushed.is_never() => Value::Age(known.pushed).into(),
        _ => Value::Nothing.into(),
    }),
];

impl Listing for Images {
    type Row = RunningImage;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<RunningImage>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a RunningImage, _: &RowContext<'a>) -> Judged<'a> {
        let (verdict, why) = row.judged();
        Judged::because(verdict, why)
    }
}
