//! The emitted files of a design, in memory.

use super::images::images;
use crate::config::Design;
use crate::device::Content;
use crate::hdl::Printer;
use crate::rtl::{CROSSBAR, CrossbarView, TOP, crossbar, top};
use crate::schedule::{Schedule, predict};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Name of the manifest: the hash of every other file.
pub const MANIFEST: &str = "manifest.json";
/// Directory of the crossbar macro's views.
pub const VIEW_DIR: &str = "macro";

/// Relative paths (with `/`) and contents, in the order of the paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    pub files: BTreeMap<String, Vec<u8>>,
}

/// SHA-256 of the validated description, in hexadecimal.
pub fn config_hash(design: &Design) -> String {
    let canonical = serde_json::to_vec(design).expect("a design is plain data");
    hex_digest(&canonical)
}

fn hex_digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

impl Package {
    /// Everything for a design; memory images only with a content.
    pub fn new(schedule: &Schedule, content: Option<&Content>) -> Self {
        let hash = config_hash(&schedule.design);
        let printer = Printer::new(env!("CARGO_PKG_VERSION"), &hash[..16]);
        let mut files = BTreeMap::new();
        let mut order = Vec::new();
        for (name, text) in printer.print(&*top(schedule, CrossbarView::Behavioural).top) {
            if name != CROSSBAR {
                let path = format!("rtl/{name}.v");
                files.insert(path.clone(), text.into_bytes());
                order.push(path);
            }
        }
        for &view in CrossbarView::emitted(schedule) {
            add_view(&mut files, schedule, view, &printer, &order);
        }
        if let Some(content) = content {
            files.extend(images(schedule, content).into_iter().map(|(p, t)| (p, t.into_bytes())));
            if !content.reports.is_empty() {
                files.insert("weights/quantisation.json".into(), pretty(&json!({ "layers": content.reports })));
            }
        }
        files.insert("design.json".into(), pretty(&json!(schedule.design)));
        let mut description = json!(schedule);
        description["predicted_cycles"] = json!(predict(schedule));
        files.insert("schedule.json".into(), pretty(&description));
        let hashes: BTreeMap<_, _> = files.iter().map(|(p, bytes)| (p, hex_digest(bytes))).collect();
        let manifest = json!({
            "generator": concat!("memgan ", env!("CARGO_PKG_VERSION")),
            "design": schedule.design.name,
            "config_sha256": hash,
            "top": TOP,
            "tiles": schedule.tiles(),
            "files": hashes,
        });
        files.insert(MANIFEST.into(), pretty(&manifest));
        Self { files }
    }

    /// The package with one more view of the crossbar.
    pub fn with_view(&self, schedule: &Schedule, view: CrossbarView) -> Self {
        let mut package = self.clone();
        let printer = Printer::new(env!("CARGO_PKG_VERSION"), &config_hash(&schedule.design)[..16]);
        let black_box = self.verilog(CrossbarView::BlackBox);
        let order: Vec<String> = black_box.iter().skip(1).map(|(p, _)| (*p).to_owned()).collect();
        add_view(&mut package.files, schedule, view, &printer, &order);
        package
    }

    /// The Verilog files of a view in compilation order, with their paths.
    pub fn verilog(&self, view: CrossbarView) -> Vec<(&str, &[u8])> {
        let list = &self.files[&format!("{}.f", view.name())];
        let list = std::str::from_utf8(list).expect("file lists are text");
        list.lines().filter(|l| !l.starts_with("//")).map(|p| (p, self.files[p].as_slice())).collect()
    }
}

/// Adds a view of the crossbar and the list of all files with it.
fn add_view(
    files: &mut BTreeMap<String, Vec<u8>>,
    schedule: &Schedule,
    view: CrossbarView,
    printer: &Printer,
    rtl: &[String],
) {
    let name = view.name();
    let path = format!("{VIEW_DIR}/{name}/{CROSSBAR}.v");
    for (_, text) in printer.print(&*crossbar(schedule, view)) {
        files.insert(path.clone(), text.into_bytes());
    }
    let comment = format!("// {} with the {name} view of the crossbar; top level {TOP}\n", schedule.design.name);
    let list: String = std::iter::once(&path).chain(rtl).map(|p| format!("{p}\n")).collect();
    files.insert(format!("{name}.f"), (comment + &list).into_bytes());
}

fn pretty(value: &serde_json::Value) -> Vec<u8> {
    let mut text = serde_json::to_string_pretty(value).expect("plain data");
    text.push('\n');
    text.into_bytes()
}
