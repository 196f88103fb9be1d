use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixListener;

use crate::{Helper as _, HelperClient};

use super::*;

/// A helper that answers each method as it is told; what it was asked.
struct Foreign {
    dir: tempfile::TempDir,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Foreign {
    fn new(hello: Value) -> Self {
        let foreign = Self { dir: tempfile::tempdir().unwrap(), asked: Arc::default() };
        let (listener, asked) =
            (UnixListener::bind(foreign.socket()).unwrap(), foreign.asked.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, hello.clone(), asked.clone()));
            }
        });
        foreign
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("s")
    }
}

/// As a helper does: after an error it hangs up.
async fn answer(mut stream: UnixStream, hello: Value, asked: Arc<Mutex<Vec<String>>>) {
    let (mut frames, mut bytes) = (Frames::new(4096), vec![0; 4096]);
    while let Ok(count @ 1..) = stream.read(&mut bytes).await {
        frames.feed(&bytes[..count]);
        while let Ok(Some(frame)) = frames.next_frame() {
            let call: Value = serde_json::from_slice(&frame).unwrap();
            let method = call["method"].as_str().unwrap().to_owned();
            let reply = match method.as_str() {
                "org.varlink.service.GetInfo" => json!({"parameters": {"version": "7.8.9"}}),
                _ => hello.clone(),
            };
            asked.lock().unwrap().push(method);
            stream.write_all(format!("{reply}\0").as_bytes()).await.unwrap();
            if reply.get("error").is_some() {
                return;
            }
        }
    }
}

fn refusal() -> Value {
    let error = format!("{}.BadRequest", vm_autoscale_protocol::INTERFACE);
    json!({"error": error, "parameters": {"message": "this helper speaks protocol 9"}})
}

async fn said(hello: Value) -> (String, Vec<String>) {
    let foreign = Foreign::new(hello);
    let client = HelperClient::new(foreign.socket());
    // A look and a change end alike: before they are asked for.
    let cluster = "home".try_into().unwrap();
    let error = client.read_cluster(&cluster).await.unwrap_err();
    assert_eq!(client.hello().await.unwrap_err().to_string(), error.to_string());
    assert!(error.did_nothing(), "{error}");
    let asked = foreign.asked.lock().unwrap().clone();
    let ours = |method: &&String| !method.ends_with(".Hello") && !method.ends_with(".GetInfo");
    assert!(!asked.iter().any(|method| ours(&method)), "{asked:?}");
    (error.to_string(), asked)
}

#[tokio::test]
async fn another_protocol_is_told_with_both_versions_and_what_to_type() {
    let own = env!("CARGO_PKG_VERSION");
    // One that answers all the same, in a form that is not ours, and one that refuses ours.
    let later = json!({"parameters": {"version": "7.8.9", "protocol": 9, "more": [1]}});
    for (hello, protocol) in [(later, "protocol 9"), (refusal(), "another protocol")] {
        let (said, _) = said(hello).await;
        let begin = format!(
            "the helper (7.8.9) speaks {protocol}, and this program ({own}) protocol {PROTOCOL}: "
        );
        assert!(said.starts_with(&begin), "{said}");
        assert!(said.ends_with("`systemctl restart vm-autoscale-helper vm-autoscale`"), "{said}");
    }
}

/// Only a greeting of this protocol has to be ours in every field.
#[tokio::test]
async fn what_is_no_greeting_is_told_as_that() {
    let ours = json!({"parameters": {"version": "7.8.9", "protocol": PROTOCOL}});
    let (said, asked) = said(ours).await;
    assert!(said.contains("its greeting is none: missing field"), "{said}");
    assert_eq!(asked.len(), 2, "its version is of no interest");
    let evil = json!({"parameters": {"version": "\u{1b}[2J7", "protocol": 9}});
    let (said, _) = self::said(evil).await;
    assert!(said.starts_with("the helper (2J7) speaks"), "{said}");
}
