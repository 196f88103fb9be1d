//! `helper.varlink` and the types of this crate say the same, by a stock Varlink library's reading
//! of the definition and a stock client's of the framing.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use vm_autoscale_node::PendingOption;
use vm_autoscale_protocol::*;
use zlink::idl::{CustomType, Interface, Type};
use zlink::varlink_service::Proxy as _;

fn from<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn target() -> Value {
    json!({"cluster": "home", "node": "pve1", "vmid": 101, "digest": "6ef0489b831f20953a6906fbf09d3a91d5ddef39"})
}

/// Each request with everything that it can carry, and its reply likewise.
fn samples() -> Vec<(Request, Value)> {
    let executed =
        json!(from::<Executed>(json!({"exit": 0, "stdout": "a", "stderr": "b", "took_ms": 1})));
    let hello = json!({"version": "1", "protocol": 1, "instance": "x", "clusters": [{"name": "home", "nodes": ["pve1"]}], "sandbox": {"landlock": 7, "seccomp": true, "bounding_set_empty": true}});
    let config =
        json!({"vmid": 101, "found": {"digest": target()["digest"], "text": "cores: 1\n"}});
    let read = json!({"cluster": "home", "node": "pve1", "owner": "pve1", "vmids": [101]});
    let running = json!({"cluster": "home", "node": "pve1", "vmid": 101, "query": "vcpus"});
    let of = |name: &str, parameters: Value| {
        from::<Request>(json!({"name": name, "parameters": parameters}))
    };
    vec![
        (of("Hello", json!({"protocol": 1})), json!(from::<Hello>(hello))),
        (
            of("ReadCluster", json!({"cluster": "home"})),
            json!(from::<ClusterPiece>(json!({"node": "pve1", "piece": ""}))),
        ),
        (of("ReadConfigs", read), json!(from::<ConfigReply>(config))),
        (
            of("ReadGate", json!({"cluster": "home", "node": "pve1"})),
            json!(from::<FoundGate>(json!({"state": "forced", "version": "1.2.3"}))),
        ),
        (of("ReadNodes", json!({})), json!(from::<Nodes>(json!({"nodes": [health()]})))),
        (
            of("ReadPools", json!({"cluster": "home", "node": "pve1"})),
            json!(from::<FoundPools>(json!({"text": ""}))),
        ),
        (of("ReadRunning", running), executed.clone()),
        (of("Revert", json!({"target": target(), "option": "vcpus"})), executed.clone()),
        (of("SetBalloon", json!({"target": target(), "balloon": 1024})), executed.clone()),
        (of("SetCpuLimit", json!({"target": target(), "cpulimit": 1.5})), executed.clone()),
        (
            of("SetMemory", json!({"target": target(), "memory": 2048, "balloon": 1024})),
            executed.clone(),
        ),
        (of("SetVcpus", json!({"target": target(), "vcpus": 2})), executed),
    ]
}

fn health() -> Value {
    json!({"cluster": "home", "node": "pve1", "state": "hung", "since_s": 1, "error": "e", "hung": 1})
}

fn errors() -> Vec<HelperError> {
    let at = |extra: Value| {
        let mut all = json!({"node": "pve1", "message": "m"});
        all.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        all
    };
    let of = |name: &str, parameters: Value| from(json!({"name": name, "parameters": parameters}));
    vec![
        of("BadRequest", json!({"message": "m"})),
        of("Failed", at(json!({"exit": 1}))),
        of("HostKey", at(json!({}))),
        of("Refused", json!({"rule": "digest", "message": "m"})),
        of("TooLarge", json!({"node": "pve1", "limit": 1})),
        of("Unknown", at(json!({}))),
        of("Unreachable", at(json!({}))),
    ]
}

/// Whether the value is of the type, to the last field.
fn conforms(value: &Value, ty: &Type<'_>, interface: &Interface<'_>) -> bool {
    match ty {
        Type::Int => value.is_i64() || value.is_u64(),
        Type::Float => value.is_f64(),
        Type::String => value.is_string(),
        Type::Bool => value.is_boolean(),
        Type::Optional(inner) => conforms(value, inner.inner(), interface),
        Type::Array(inner) => {
            value.as_array().unwrap().iter().all(|item| conforms(item, inner.inner(), interface))
        }
        Type::Custom(name) => match interface.custom_types().find(|t| t.name() == name).unwrap() {
            CustomType::Object(object) => {
                same_fields(value, object.fields().map(|f| (f.name().as_str(), f.ty())), interface)
            }
            CustomType::Enum(variants) => variants.variants().any(|v| v.name().as_str() == value),
        },
        other => panic!("not used here: {other:?}"),
    }
}

fn same_fields<'t>(
    value: &Value,
    fields: impl Iterator<Item = (&'t str, &'t Type<'t>)>,
    interface: &Interface<'_>,
) -> bool {
    let object = value.as_object().unwrap();
    let fields: Vec<_> = fields.collect();
    fields.len() == object.len()
        && fields
            .iter()
            .all(|(name, ty)| object.get(*name).is_some_and(|v| conforms(v, ty, interface)))
}

#[test]
fn definition_and_types_agree() {
    let interface = Interface::try_from(INTERFACE_DEFINITION).unwrap();
    assert_eq!(interface.name().as_str(), INTERFACE);
    let mut methods: BTreeSet<String> = interface.methods().map(|m| m.name().to_string()).collect();
    for (request, reply) in samples() {
        let call = request.to_call().unwrap();
        let name = call.method.rsplit('.').next().unwrap();
        let method = interface.methods().find(|m| m.name().as_str() == name).unwrap();
        let inputs = method.inputs().map(|p| (p.name().as_str(), p.ty()));
        assert!(same_fields(call.parameters.as_ref().unwrap(), inputs, &interface), "{call:?}");
        let outputs = method.outputs().map(|p| (p.name().as_str(), p.ty()));
        assert!(same_fields(&reply, outputs, &interface), "{name}: {reply}");
        let frame = encode(&call).unwrap();
        assert_eq!(Request::decode(&frame[..frame.len() - 1]).unwrap().0, request);
        methods.remove(name);
    }
    assert_eq!(methods, BTreeSet::new(), "methods without a type");
}

#[test]
fn definition_and_errors_agree() {
    let interface = Interface::try_from(INTERFACE_DEFINITION).unwrap();
    let mut names: BTreeSet<String> = interface.errors().map(|e| e.name().to_string()).collect();
    for error in errors() {
        let reply = error.to_reply();
        let name = reply.error.as_deref().unwrap().rsplit('.').next().unwrap().to_owned();
        let defined = interface.errors().find(|e| e.name().as_str() == name).unwrap();
        let fields = defined.fields().map(|f| (f.name().as_str(), f.ty()));
        assert!(same_fields(&reply.parameters, fields, &interface), "{reply:?}");
        assert_eq!(HelperError::from_reply(&reply), Some(error));
        names.remove(&name);
    }
    assert_eq!(names, BTreeSet::new(), "errors without a type");
}

#[test]
fn definition_and_enums_agree() {
    let interface = Interface::try_from(INTERFACE_DEFINITION).unwrap();
    for custom in interface.custom_types() {
        let CustomType::Enum(defined) = custom else { continue };
        for variant in defined.variants() {
            let text = json!(variant.name().as_str());
            let known = match defined.name().as_str() {
                "GateState" => serde_json::from_value::<GateState>(text).is_ok(),
                "NodeState" => serde_json::from_value::<NodeState>(text).is_ok(),
                "PendingOption" => serde_json::from_value::<PendingOption>(text).is_ok(),
                "RunningQuery" => serde_json::from_value::<RunningQuery>(text).is_ok(),
                "Rule" => serde_json::from_value::<Rule>(text).is_ok(),
                other => panic!("an enum without a type: {other}"),
            };
            assert!(known, "{}", variant.name());
        }
        // The other way round: serde names all it knows when it is given something else.
        let error = match defined.name().as_str() {
            "GateState" => serde_json::from_value::<GateState>(json!("")).unwrap_err(),
            "NodeState" => serde_json::from_value::<NodeState>(json!("")).unwrap_err(),
            "PendingOption" => serde_json::from_value::<PendingOption>(json!("")).unwrap_err(),
            "RunningQuery" => serde_json::from_value::<RunningQuery>(json!("")).unwrap_err(),
            _ => serde_json::from_value::<Rule>(json!("")).unwrap_err(),
        };
        let named = error.to_string().matches('`').count() / 2 - 1;
        assert_eq!(named, defined.variants().count(), "{error}");
    }
}

/// A call as a stock client writes it.
#[derive(Debug, Serialize)]
#[serde(tag = "method", content = "parameters")]
enum StockCall {
    #[serde(rename = "io.github.vm-autoscale.Helper.ReadCluster")]
    ReadCluster { cluster: &'static str },
}

/// An error as a stock client reads it.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "error", content = "parameters")]
enum StockError {
    #[serde(rename = "io.github.vm-autoscale.Helper.Unreachable")]
    Unreachable { node: String, message: String },
}

/// Answers like the helper, with our framing: two pieces, then an error.
async fn serve(mut stream: tokio::net::UnixStream) {
    let mut frames = Frames::new(MAX_REQUEST);
    let mut calls = 0;
    loop {
        let Some(frame) = frames.next_frame().unwrap() else {
            let mut bytes = [0; 512];
            let n = stream.read(&mut bytes).await.unwrap();
            if n == 0 {
                return;
            }
            frames.feed(&bytes[..n]);
            continue;
        };
        let piece =
            |piece: &str| ClusterPiece { node: "pve1".try_into().unwrap(), piece: piece.into() };
        calls += 1;
        let replies = match Request::decode(&frame).unwrap() {
            (Request::GetInfo {}, _) => {
                vec![Reply::of(&json!({"vendor": "v", "product": "p", "version": "1", "url": "u", "interfaces": [INTERFACE]}), false).unwrap()]
            }
            (Request::ReadCluster { .. }, true) if calls == 2 => {
                vec![
                    Reply::of(&piece("one\n"), true).unwrap(),
                    Reply::of(&piece("two\u{0}"), false).unwrap(),
                ]
            }
            _ => vec![errors().pop().unwrap().to_reply()],
        };
        for reply in replies {
            stream.write_all(&encode(&reply).unwrap()).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_stock_client_understands_us() {
    let dir = std::env::temp_dir().join(format!("vm-autoscale-protocol-{}", std::process::id()));
    let _ = std::fs::remove_file(&dir);
    let listener = tokio::net::UnixListener::bind(&dir).unwrap();
    let server = tokio::spawn(async move { serve(listener.accept().await.unwrap().0).await });
    let mut client = zlink::tokio::unix::connect(&dir).await.unwrap();

    let info = client.get_info().await.unwrap().unwrap();
    assert_eq!(info.interfaces, [INTERFACE]);

    let call = zlink::Call::new(StockCall::ReadCluster { cluster: "home" }).set_more(true);
    client.send_call(&call, vec![]).await.unwrap();
    for (text, continues) in [("one\n", Some(true)), ("two\u{0}", None)] {
        let (reply, _) = client.receive_reply::<ClusterPiece, StockError>().await.unwrap();
        let reply = reply.unwrap();
        assert_eq!(reply.continues(), continues);
        assert_eq!(reply.parameters().unwrap().piece, text);
    }
    client.send_call(&call, vec![]).await.unwrap();
    let (reply, _) = client.receive_reply::<ClusterPiece, StockError>().await.unwrap();
    let expected = StockError::Unreachable { node: "pve1".into(), message: "m".into() };
    assert_eq!(reply.unwrap_err(), expected);
    drop(client);
    server.await.unwrap();
    std::fs::remove_file(&dir).unwrap();
}
