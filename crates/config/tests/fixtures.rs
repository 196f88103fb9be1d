//! Broken files: each says in its first lines what is wrong with it, and where.
//!
//! `UPDATE=1 cargo test -p vm-autoscale-config --test fixtures` writes the full outputs anew.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use std::path::{Path, PathBuf};

use vm_autoscale_config::{Checked, Environment, HelperConfig, Report, SchedulerConfig};

/// Files, and directories with a `config.yaml` and a `conf.d`, relative to this package, in which
/// tests run: the outputs name them.
fn files(directory: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(Path::new("tests").join(directory)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.is_dir() || file.extension() == Some("yaml".as_ref()));
    files.sort();
    files
}

/// The texts of a fixture, each with its name.
fn texts(file: &Path) -> Vec<(PathBuf, String)> {
    let mut all = vec![file.to_owned()];
    if file.is_dir() {
        let entries = std::fs::read_dir(file.join("conf.d")).unwrap();
        all = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
        all.sort();
        all.insert(0, file.join("config.yaml"));
    }
    let text = |file: &Path| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
    all.into_iter().map(|file| (file.clone(), text(&file))).collect()
}

/// What the lines `# env NAME=value` of a fixture say.
fn environment(file: &Path) -> Environment {
    let texts = texts(file);
    let lines = texts.iter().flat_map(|(_, text)| text.lines());
    let set = lines.filter_map(|line| line.strip_prefix("# env ")?.split_once('='));
    Environment::new(set.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

fn report(file: &Path) -> Report {
    let environment = environment(file);
    if file.is_dir() {
        let checked = SchedulerConfig::check(&file.join("config.yaml"), &environment);
        return checked.unwrap().into_report();
    }
    let bytes = std::fs::read(file).unwrap();
    let name = Path::new(file.file_name().unwrap());
    if name.to_string_lossy().starts_with("helper-") {
        Checked::<HelperConfig>::new(name, &bytes).into_report()
    } else {
        Checked::<SchedulerConfig>::expanded(name, &bytes, &environment).into_report()
    }
}

/// The marks `# expect LINE:COLUMN text-fragment` of a file.
fn marks(text: &str) -> Vec<(String, &str)> {
    let lines = text.lines().map(|line| line.trim_start_matches('\u{feff}'));
    let marks = lines.filter_map(|line| line.strip_prefix("# expect "));
    let marks = marks.map(|mark| mark.trim_end().split_once(' ').unwrap());
    marks.map(|(place, said)| (place.to_owned(), said)).collect()
}

#[test]
fn every_problem_of_a_broken_file_is_found_and_nothing_else() {
    let files = files("broken");
    assert!(files.len() >= 60, "{} files", files.len());
    let mut wrong = String::new();
    for file in &files {
        let report = report(file);
        let texts = texts(file);
        // In the order of the files, whose names end as the texts' do.
        let expected: Vec<(&Path, String, &str)> = texts
            .iter()
            .flat_map(|(name, text)| marks(text).into_iter().map(|(at, said)| (&**name, at, said)))
            .collect();
        let found: Vec<(&Path, String, &str)> = report
            .problems()
            .iter()
            .map(|p| (&*p.file, format!("{}:{}", p.line, p.column), p.problem.as_str()))
            .collect();
        let same = expected.len() == found.len()
            && expected.iter().zip(&found).all(|((name, at, said), (file, place, problem))| {
                name.ends_with(file) && at == place && problem.contains(said)
            });
        if !same || expected.is_empty() {
            wrong =
                format!("{wrong}\n{}\n expected {expected:#?}\n found {found:#?}", file.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_full_output_is_as_it_was() {
    for file in files("broken") {
        let output = report(&file).to_string();
        let kept = file.with_extension("out");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&kept, &output).unwrap();
        }
        let expected = std::fs::read_to_string(&kept).unwrap_or_default();
        assert!(output == expected, "{}: now\n{output}", kept.display());
    }
}

/// What is shown is text for a terminal, of a bounded width, and says nothing that it must not.
#[test]
fn no_output_shows_a_secret_or_a_control_character() {
    for file in files("broken") {
        let report = report(&file);
        let output = report.render(false);
        for shown in [&output, &report.to_json(), &format!("{report:?}")] {
            assert!(!shown.to_lowercase().contains("hunter2"), "{shown}");
        }
        assert!(!output.contains(|c: char| c.is_control() && c != '\n'), "{output:?}");
        let widest = output.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(widest <= 640, "{}: {widest}\n{output}", file.display());
    }
}

#[test]
fn good_files_pass() {
    let mut files = files("good");
    assert!(files.len() >= 5, "{} files", files.len());
    let etc = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../etc");
    files.push(etc.join("config.yaml"));
    for file in files {
        let report = report(&file);
        assert!(report.problems().is_empty(), "{report}");
    }
    let helper = std::fs::read(etc.join("helper.yaml")).unwrap();
    let report = Checked::<HelperConfig>::new(Path::new("helper.yaml"), &helper).into_report();
    assert!(report.problems().is_empty(), "{report}");
}

/// The README shows what the program says.
#[test]
fn the_readme_shows_a_real_answer() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let text =
        "#\n".repeat(9) + "virtual_machines:\n  - vm_id: 101\n    scaling_limit: {max_cores: 4}\n";
    let checked = Checked::<SchedulerConfig>::new(Path::new("config.yaml"), text.as_bytes());
    let answer = format!("```\n{}```\n", checked.into_report());
    assert!(std::fs::read_to_string(readme).unwrap().contains(&answer), "{answer}");
}
