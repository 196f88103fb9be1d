//! A real browser that opens a page.

use std::io::{self, Read as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tempfile::TempDir;
use vm_autoscale_tests::programs::command;

use crate::skip;

/// A browser whose every way to a network ends at a listener of ours.
pub(super) struct Browser {
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
    pub(super) fn start(what: &str) -> Option<Self> {
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
    pub(super) fn holds(&self, page: &Path, cards: usize) {
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
