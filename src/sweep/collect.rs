//! Results of all points as tables: CSV and JSON.

use super::result::PointResult;
use super::training::TrainedTo;
use super::{Plan, Planned, SweepError, pictures};
use crate::data::WriteError;
use crate::data::atomic::{self, Sync};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// Raised when a file changes other than by a new key or column.
const FORMAT_VERSION: u32 = 1;
const CSV: &str = "results.csv";
const JSON: &str = "results.json";

/// What was collected.
#[derive(Clone, Debug)]
pub struct Collection {
    /// Points with a result, and points of the sweep.
    pub finished: usize,
    pub points: usize,
    /// Points whose training diverged.
    pub diverged: usize,
    /// Files that were written, in the directory of the results.
    pub files: Vec<String>,
    /// What is in `results.json`.
    pub json: Value,
}

/// A point with its result.
pub(super) struct Row<'a> {
    pub planned: &'a Planned,
    pub result: PointResult,
}

/// Writes tables and pictures of the points that have a result, in the order of the points.
///
/// # Errors
/// If a file cannot be written.
pub fn collect(plan: &Plan) -> Result<Collection, SweepError> {
    let with_result = |planned| Planned::result(planned, &plan.out).map(|result| Row { planned, result });
    let rows: Vec<Row<'_>> = plan.points.iter().filter_map(with_result).collect();
    std::fs::create_dir_all(&plan.out).map_err(|reason| WriteError {
        path: plan.out.clone(),
        step: "creating the directory",
        reason,
    })?;
    let pictures = pictures::draw(plan, &rows)?;
    let table = plan.out.join(JSON);
    forget_pictures(&table, &pictures, &plan.out);
    let json = json!({
        "format_version": FORMAT_VERSION,
        "sweep": plan.sweep.name,
        "description": plan.sweep.description,
        "samples": plan.sweep.samples,
        "data": plan.points.first().map(|p| p.source.data.train.source.clone()),
        "variables": plan.sweep.variables().collect::<Vec<_>>(),
        "points": plan.points.len(),
        "pictures": pictures,
        "rows": rows.iter().map(object).collect::<Vec<_>>(),
    });
    write(&plan.out.join(CSV), &csv(plan, &rows))?;
    write(&table, format!("{json:#}\n").as_bytes())?;
    let files = [CSV, JSON].into_iter().map(String::from).chain(pictures).collect();
    let diverged = rows.iter().filter(|row| row.result.trained.ending == TrainedTo::Diverged).count();
    Ok(Collection { finished: rows.len(), points: plan.points.len(), diverged, files, json })
}

/// Removes pictures of an earlier collection that this one does not have: its keys were others.
fn forget_pictures(table: &Path, pictures: &[String], out: &Path) {
    let known = std::fs::read(table).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    let known = known.as_ref().and_then(|known| known["pictures"].as_array()).into_iter().flatten();
    // Names of this program have no directories in them.
    let ours = |name: &&str| name.ends_with(".png") && !name.contains(['/', '\\']);
    for name in known.filter_map(Value::as_str).filter(ours).filter(|name| !pictures.iter().any(|p| p == name)) {
        // A file that cannot be removed does no harm.
        let _ = std::fs::remove_file(out.join(name));
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), SweepError> {
    Ok(atomic::write(path, bytes, Sync::No)?)
}

/// A row as JSON: the varied keys in `values`, then the result.
fn object(row: &Row<'_>) -> Value {
    let point = &row.planned.point;
    let values: Map<String, Value> = point.values.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    let mut object = json!(row.result);
    object["point"] = point.index.into();
    object["values"] = values.into();
    object["settings"] = json!(point.settings);
    object
}

/// One line a row: the point's number, the varied keys, then results; what there is not is empty. The last column alone
/// differs from one run of the same sweep to another.
fn csv(plan: &Plan, rows: &[Row<'_>]) -> Vec<u8> {
    let losses: BTreeSet<&String> = rows.iter().flat_map(|row| row.result.trained.losses.keys()).collect();
    let results = ["distance", "real_distance", "inception_score", "classes_found", "judge_accuracy", "accuracy"];
    let mut head = vec!["point".to_owned()];
    head.extend(plan.sweep.variables().map(String::from));
    head.extend(["ending", "steps"].map(String::from));
    head.extend(losses.iter().map(|name| format!("loss_{name}")));
    head.extend(results.map(String::from));
    head.extend(["step_cycles", "train_seconds"].map(String::from));

    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write =
        |record: Vec<String>| writer.write_record(record).expect("memory does not fail, rows are equally long");
    write(head);
    for row in rows {
        let (point, trained) = (&row.planned.point, &row.result.trained);
        let score = row.result.score.as_ref();
        let mut record = vec![point.index.to_string()];
        record.extend(point.values.iter().map(|(_, value)| plain(value)));
        record.extend([json!(trained.ending).as_str().unwrap_or_default().to_owned(), trained.steps.to_string()]);
        record.extend(losses.iter().map(|&name| text(trained.losses.get(name))));
        record.extend([
            text(score.map(|s| s.distance)),
            text(score.map(|s| s.real_half_distance)),
            text(score.map(|s| s.inception_score)),
            text(score.map(|s| s.classes.iter().filter(|&&count| count > 0).count())),
            text(score.map(|s| s.classifier_accuracy)),
            text(row.result.accuracy),
            text(trained.step_cycles),
            text(trained.seconds),
        ]);
        write(record);
    }
    writer.into_inner().expect("memory does not fail")
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A value without the quotes of a string.
pub(super) fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), String::from)
}
