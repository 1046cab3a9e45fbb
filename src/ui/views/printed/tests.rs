use crate::fleet::printed::{PrintedShared, TableWire};
use crate::fleet::{ClusterId, EnvironmentName, Epoch};
use crate::snapshot::{Delta, Freshness, RowChange, Store};
use crate::ui::view::Scope;

use super::*;

const CERTIFICATES: ResourceType =
    ResourceType::namespaced("cert-manager.io", "v1", "certificates", "Certificate");

const TABLE: &str = r#"{"kind":"Table","columnDefinitions":[
    {"name":"Name","type":"string","format":"name","priority":0},
    {"name":"Ready","type":"string","description":"Is it?","priority":0},
    {"name":"Copies","type":"integer","priority":0},
    {"name":"Issuer","type":"string","priority":1},
    {"name":"Age","type":"date","priority":0}],
  "rows":[
    {"cells":["web-tls","True",9,"letsencrypt","3d"],"object":{"metadata":{"name":"web-tls","namespace":"production",
      "creationTimestamp":"2026-11-18T10:42:07Z"}}},
    {"cells":["api-tls","False",10,"letsencrypt","5d"],"object":{"metadata":{"name":"api-tls","namespace":"production",
      "creationTimestamp":"2026-11-16T10:42:07Z"}}}]}"#;

#[test]
fn a_kind_takes_up_its_columns_with_its_rows_and_sorts_numbers_as_numbers() {
    let now = Timestamp::parse("2026-11-21T10:42:07Z");
    let cluster = ClusterId::new(EnvironmentName::new("dev"), "myapp-dev");
    let mut store = Store::new([cluster.clone()]);
    let scope = Scope::default();
    let mut view = PrintedView::new(&CERTIFICATES, Glyphs::Unicode);
    // Sorting by a column that is not known yet is refused; the filter waits for the rows.
    view.as_table().unwrap().set_filter("tls").unwrap();
    let snapshot = store.publish();
    view.prepare(Size::new(80, 10), &World { snapshot: &snapshot, now, environments: &[], scope: &scope });
    assert_eq!(view.name(), "certificates.cert-manager.io");

    let table: TableWire<'_> = serde_json::from_str(TABLE).unwrap();
    let rows = PrintedShared::default().pack(table, now).into_iter().map(RowChange::Upserted);
    let live = [RowChange::Freshness(Freshness::Live)];
    store.apply(Delta::rows(&cluster, Epoch::default(), &CERTIFICATES.printed(), rows.chain(live).collect()));
    let snapshot = store.publish();
    let world = World { snapshot: &snapshot, now, environments: &[], scope: &scope };
    view.prepare(Size::new(80, 10), &world);
    view.as_table().unwrap().sort_by("copies", true).unwrap();
    let export = view.as_table().unwrap().export(now);
    assert_eq!(
        export.to_text(true),
        "    NAMESPACE    NAME      READY   COPIES   AGE   WHY\n\
         ●   production   api-tls   False       10    5d   –\n\
         ●   production   web-tls   True         9    3d   –\n"
    );
    assert_eq!(export.rows[0].json["issuer"], "letsencrypt");
    assert_eq!(export.rows[0].json["age"], "2026-11-16T10:42:07Z");
    assert_eq!(View::filter(&view).as_deref(), Some("tls"));
}
