//! `report`: what it says of a lab's journal, and its page in a real browser.

use std::io::{self, Read as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tempfile::TempDir;
use vm_autoscale_config::JournalFile;
use vm_autoscale_planner::{Move, Resource};
use vm_autoscale_scheduler::StatusReport;
use vm_autoscale_scheduler::{
    BootClock, Clock as _, Decided, Intent, Journal as _, Notes, Outcome, Samples, Settled,
    SqliteJournal, Used, VmUse,
};
use vm_autoscale_tests::programs::{command, directory};
use vm_autoscale_tests::stage::Stage;

use crate::{load, play, skip, turn, vmid};

const TIME: Duration = Duration::from_secs(30);
/// What a guest may call itself.
const EVIL: &str = "<script>document.title='had'</script><img src=http://elsewhere.test/x>";
const DAY: u64 = 86_400;

fn report(config: &Path, arguments: &[&str]) -> String {
    let mut program = command(directory().unwrap().join("vm-autoscale"));
    let output =
        program.arg("report").args(arguments).arg("--config").arg(config).output().unwrap();
    let said = String::from_utf8([&output.stdout[..], &output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_happened_in_the_lab_is_in_the_report_and_on_its_page() {
    let _turn = turn();
    let mut stage = Stage::set(&play(3, "mode: full\n")).unwrap();
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    stage.until(TIME, |status| status.clusters.first().is_some_and(|c| c.vms.len() == 3)).unwrap();
    load(&stage, 101, 64.0, 2000.0);
    let grown = |status: &StatusReport| {
        status.recent.iter().any(|event| event.vmid.get() == 101 && event.verified)
    };
    let status = stage.until(TIME, |status| status.counts.verified >= 2 && grown(status)).unwrap();
    // The block that is being filled is noted at the end.
    stage.scheduler.as_mut().unwrap().stop().unwrap();
    let (config, page) = (stage.path("config.yaml"), stage.path("page.html"));
    let file = page.display().to_string();
    let text = report(&config, &["--since", "5m", "--html", &file]);
    assert!(text.contains("\ncluster lab: 3 VMs measured;"), "{text}");
    assert!(text.contains("note: the daemon does not answer: names, nodes and modes"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let json = report(&config, &["--since", "1h", "--output-format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let vms = json["clusters"][0]["vms"].as_array().unwrap();
    let changes: u64 = vms.iter().map(|vm| vm["changes"].as_u64().unwrap()).sum();
    assert!(changes >= status.counts.verified, "{json}");
    let busy = &vms.iter().find(|vm| vm["vmid"] == 101).unwrap()["cpu"];
    assert!(busy["added"].as_f64().unwrap() > 0.0 && busy["before"].is_number(), "{busy}");
    if let Some(browser) = Browser::start("the page of a lab's journal") {
        browser.holds(&page, 3);
    }
    stage.strike().unwrap();
}

#[test]
fn a_week_of_many_vms_is_read_on_every_screen() {
    let _turn = turn();
    let place = tempfile::tempdir().unwrap();
    let (config, page) = (place.path().join("config.yaml"), place.path().join("page.html"));
    let journal = place.path().join("journal.db");
    std::fs::write(&config, format!("journal: {{path: {}}}\n", journal.display())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(a_week(&journal, 60));
    report(&config, &["--since", "7d", "--html", &page.display().to_string()]);
    let Some(browser) = Browser::start("the page of a week") else { return };
    browser.holds(&page, 24);
}

/// A week of so many VMs, with a gap of a day, in which each was changed.
async fn a_week(path: &Path, vms: u32) {
    let clock = BootClock::default();
    let file = JournalFile { path: path.to_owned(), ..JournalFile::default() };
    let journal = SqliteJournal::new(&file, &clock);
    let cluster: vm_autoscale_proxmox::ClusterName = "lab".try_into().unwrap();
    journal.recall(&cluster).await.unwrap();
    let mut ended = Vec::new();
    for number in 101..101 + vms {
        let step = json!({"resource": "cpu", "from": 4, "to": 3 + number % 3});
        let step: Move = serde_json::from_value(step).unwrap();
        let (cluster, node) = (cluster.clone(), "pve1".try_into().unwrap());
        let reason = format!("why {EVIL}");
        let intent = Intent { cluster, node, vmid: vmid(number), step, identity: None, reason };
        let id = journal.intend(clock.now(), &intent).await.unwrap();
        let bad = Outcome::NotSent(EVIL.to_owned());
        let outcome = if number % 7 == 0 { bad } else { Outcome::Applied };
        let settled = Settled { outcome, reverted: false, duty: false };
        journal.settle(clock.now(), id, &intent, &settled).await;
        ended.push(id);
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let hours = (0..168).filter(|hour| !(60..84).contains(hour));
    let samples = hours.map(|hour| Arc::new(block(&clock, now - 7 * DAY, hour, vms))).collect();
    let decided = |number| Decided {
        vmid: vmid(number),
        resource: Resource::Memory,
        kind: "at-maximum".to_owned(),
        text: EVIL.to_owned(),
    };
    let notes = Notes {
        cluster: cluster.clone(),
        now: clock.now(),
        decisions: (101..101 + vms).step_by(5).map(decided).collect(),
        vms: vec![],
        ended,
        picture: Some(serde_json::from_value(picture(vms)).unwrap()),
        samples,
    };
    journal.keep(notes).await.unwrap();
    journal.end().await;
}

/// An hour: days are busier than nights.
fn block(clock: &BootClock, begin: u64, hour: u64, vms: u32) -> Samples {
    let of_day = u32::try_from(hour % 24).unwrap();
    let busy = if (8..20).contains(&of_day) { 600 } else { 150 };
    let used = |number: u32, plugged: u32, parts: u32| {
        let mean = plugged * parts * (busy + (number * 37 + of_day * 13) % 300) / 1000;
        let most = mean + mean / 5;
        Some(Used { samples: 30, mean, most, plugged, saturated: most > plugged * parts })
    };
    let of = |number: u32| VmUse {
        vmid: vmid(number),
        who: 1,
        cpu: used(number, if hour > 100 { 3 + number % 3 } else { 4 }, 1000),
        memory: used(number, 4096 + 1024 * (number % 4), 1),
    };
    let all: Vec<VmUse> = (101..101 + vms).map(of).collect();
    // Moments only have to differ.
    let moment = vm_autoscale_planner::Moment(clock.now().0 + Duration::from_secs(hour));
    Samples::new(moment, begin + (hour + 1) * 3600, 3600, &all)
}

fn picture(vms: u32) -> Value {
    let name = |number| match number % 20 {
        1 => EVIL.to_owned(),
        2 => "a-very-long-name-without-any-end-".repeat(2),
        _ => format!("web-{number}"),
    };
    let vm = |number: u32| {
        json!({
            "vmid": number, "name": name(number), "node": "pve1", "mode": "full", "vcpus": 4,
            "memory": 4096, "cpu_used": null, "memory_used": null, "cpu": "", "memory_decision": "",
        })
    };
    json!({
        "name": "lab", "answered_by": null, "problem": null, "looks": 1, "look_ms": 1,
        "nodes": [], "vms": (101..101 + vms).map(vm).collect::<Vec<_>>(),
    })
}

/// A browser whose every way to a network ends at a listener of ours.
struct Browser {
    program: PathBuf,
    place: TempDir,
    port: u16,
    /// The first line of each.
    requests: Arc<Mutex<Vec<String>>>,
}

/// Where a browser itself calls home, whatever page it shows.
const OWN: &[&str] = &[".google.com", ".googleapis.com", ".gvt1.com"];

impl Browser {
    /// Where there is one.
    fn start(what: &str) -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let all = std::env::split_paths(&path).flat_map(|dir| names.map(|name| dir.join(name)));
        let Some(program) = all.into_iter().find(|program| program.is_file()) else {
            skip(&format!("{what} in a browser: there is no chromium"));
            return None;
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::default();
        let heard: Arc<Mutex<Vec<String>>> = Arc::clone(&requests);
        // It ends with the tests.
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut bytes = [0; 1024];
                let count = stream.read(&mut bytes).unwrap_or(0);
                let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
                let line = text.lines().next().unwrap_or_default().to_owned();
                heard.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        Some(Self { program, place: tempfile::tempdir().unwrap(), port, requests })
    }

    /// What was asked for since the last time, but for what the browser itself does.
    fn asked(&self) -> Vec<String> {
        let mut all = std::mem::take(&mut *self.requests.lock().unwrap());
        all.retain(|line| !OWN.iter().any(|own| line.contains(own)));
        all
    }

    /// What it prints, and what it says of errors.
    fn open(&self, file: &Path, arguments: &[&str]) -> io::Result<(String, String)> {
        let profile = tempfile::tempdir_in(self.place.path())?;
        let mut program = command("timeout");
        program.arg("60").arg(&self.program).args(FLAGS).args(arguments);
        program.arg(format!("--user-data-dir={}", profile.path().display()));
        program.arg(format!("--proxy-server=http://127.0.0.1:{}", self.port));
        let output = program.arg(format!("file://{}", file.display())).output()?;
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let (said, errors) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{errors}");
        Ok((said, errors))
    }

    /// The page is whole, quiet, and fits.
    fn holds(&self, page: &Path, cards: usize) {
        let (dom, errors) = self.open(page, &["--dump-dom"]).unwrap();
        assert!(!errors.contains("CONSOLE"), "{errors}");
        assert_eq!(dom.matches("<article>").count(), cards, "{dom}");
        assert!(dom.contains("<title>vm-autoscale: "), "a guest's script ran");
        assert!(!dom.contains("<script") && !dom.contains("<img"), "a guest's text became a mark");
        for width in [1280, 390] {
            self.fits(page, width, cards);
            self.is_painted(page, width);
        }
        assert_eq!(self.asked(), Vec::<String>::new(), "the page asked for something");
        self.would_see_a_mistake();
    }

    /// Measured by a page that has it in a frame of that width.
    fn fits(&self, page: &Path, width: u32, cards: usize) {
        let measured = self.measured(page, width);
        assert_eq!(measured["wide"], width, "it is wider than its window: {measured}");
        assert_eq!(measured["over"], json!([]), "at {width}: {measured}");
        assert_eq!(measured["charts"], 2 + 2 * cards, "charts that are painted: {measured}");
        assert_eq!(measured["styled"], true, "its own style does not hold: {measured}");
    }

    fn measured(&self, page: &Path, width: u32) -> Value {
        let (page, harness) = (page.display(), self.place.path().join("harness.html"));
        let text = format!(
            "<!doctype html><iframe id=f width={width} height=900 style='border:0' \
             src='file://{page}'></iframe><pre id=said></pre><script>{MEASURE}</script>"
        );
        std::fs::write(&harness, text).unwrap();
        let arguments = ["--allow-file-access-from-files", "--dump-dom", "--window-size=1400,1000"];
        let (dom, errors) = self.open(&harness, &arguments).unwrap();
        let said = dom.split("<pre id=\"said\">").nth(1).and_then(|rest| rest.split('<').next());
        let said = said.filter(|said| !said.is_empty()).unwrap_or_else(|| panic!("{dom}{errors}"));
        serde_json::from_str(said).unwrap()
    }

    /// A picture of it takes many times the bytes that one of an empty page does.
    fn is_painted(&self, page: &Path, width: u32) {
        let empty = self.place.path().join("empty.html");
        std::fs::write(&empty, "<!doctype html><title>empty</title>").unwrap();
        let picture = |of: &Path| {
            let file = self.place.path().join("picture.png");
            let arguments =
                [format!("--screenshot={}", file.display()), format!("--window-size={width},1600")];
            self.open(of, &arguments.each_ref().map(String::as_str)).unwrap();
            std::fs::metadata(file).unwrap().len()
        };
        let (of_page, of_nothing) = (picture(page), picture(&empty));
        assert!(of_page > 5 * of_nothing, "{of_page} bytes beside {of_nothing}");
    }

    /// Without its policy and with something to ask for, the same checks find both.
    fn would_see_a_mistake(&self) {
        let bad = self.place.path().join("bad.html");
        let text = "<!doctype html><meta http-equiv=Content-Security-Policy \
                    content=\"style-src 'none'\"><style>p{width:5000px}</style>\
                    <img src='http://elsewhere.test/x.png'><p style='width:5000px'>x";
        std::fs::write(&bad, text).unwrap();
        let (_, errors) = self.open(&bad, &["--dump-dom"]).unwrap();
        assert!(errors.contains("CONSOLE"), "{errors}");
        let asked = self.asked();
        assert!(asked.iter().any(|line| line.contains("elsewhere.test")), "{asked:?}");
        std::fs::write(&bad, "<!doctype html><p style='width:5000px'>x").unwrap();
        let measured = self.measured(&bad, 390);
        assert!(measured["wide"].as_u64().unwrap() > 390, "{measured}");
        assert_ne!(measured["over"], json!([]));
    }
}

const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--enable-logging=stderr",
    "--proxy-bypass-list=<-loopback>",
];

/// How wide the framed page is, what sticks out of it beside what may be scrolled, and how many of
/// its charts are painted.
const MEASURE: &str = "
addEventListener('load', () => {
  const page = document.getElementById('f').contentDocument, root = page.documentElement;
  const over = [...page.body.querySelectorAll('*')].filter(e => !e.closest('.scroll table, svg'))
    .filter(e => e.getBoundingClientRect().right > root.clientWidth + 1 ||
      (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && !e.matches('.scroll')))
    .map(e => e.tagName + '.' + e.className + ' ' + e.getBoundingClientRect().right);
  const charts = [...page.querySelectorAll('svg[role=img]')]
    .filter(e => e.getBoundingClientRect().height > 20 && e.querySelector('path.given')
      ?.getBoundingClientRect().width > 1);
  const styled = page.defaultView.getComputedStyle(page.body).maxWidth !== 'none';
  document.getElementById('said').textContent = JSON.stringify(
    {wide: root.scrollWidth, over: over.slice(0, 9), charts: charts.length, styled});
});";
