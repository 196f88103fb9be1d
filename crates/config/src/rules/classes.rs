//! Names that lead nowhere, and what would be without effect.

use crate::SchedulerConfig;
use crate::resolve::MAX_DEPTH;
use crate::yaml::meaning::Broken;

/// Of classes and of the entries that name them.
pub(super) fn broken(config: &SchedulerConfig) -> Vec<Broken> {
    let mut broken: Vec<Broken> = super::twice(config.classes.iter().map(|class| &class.name))
        .into_iter()
        .map(|(at, before)| {
            let keys = [format!("classes[{at}].name"), format!("classes[{before}].name")];
            let problem = "a class of that name stands on line {line} already";
            Broken::new(&keys.each_ref().map(String::as_str), problem, "one class of a name")
        })
        .collect();
    for (at, class) in config.classes.iter().enumerate() {
        let key = format!("classes[{at}].inherits");
        broken.extend(class.inherits.as_deref().and_then(|name| unknown(config, &key, name)));
        broken.extend(circle(config, at));
        if class.select.only_excludes() {
            let problem = "`select` only takes out, and names no VM that it takes it from";
            let rule = "a hyphen takes out of what the other items of the same `select` name";
            broken.push(Broken::new(&[&format!("classes[{at}].select")], problem, rule));
        }
        if !is_used(config, &class.name) && class.select.is_empty() {
            let problem = format!("class `{}` is no VM's", class.name);
            let rule = "a class has a `select`, or a VM or another class names it";
            broken.push(Broken::new(&[&format!("classes[{at}].name")], problem, rule));
        }
    }
    for (at, vm) in config.virtual_machines.iter().enumerate() {
        let key = format!("virtual_machines[{at}].class");
        broken.extend(vm.class.as_deref().and_then(|name| unknown(config, &key, name)));
        let Some(item) = config.select.excluded_by(vm.vm_id).filter(|_| vm.scaling_enabled) else {
            continue;
        };
        let keys = [format!("virtual_machines[{at}].vm_id"), format!("select[{item}]")];
        let problem = format!("VM {} has an entry, and line {{line}} takes it out", vm.vm_id);
        let keys = keys.each_ref().map(String::as_str);
        let rule =
            "what `select` takes out is never looked after: its entry would be without effect";
        broken.push(Broken::new(&keys, problem, rule));
    }
    broken
}

fn unknown(config: &SchedulerConfig, key: &str, name: &str) -> Option<Broken> {
    if config.class_named(name).is_some() {
        return None;
    }
    let names: Vec<&str> = config.classes.iter().map(|class| class.name.as_str()).collect();
    let problem = format!("there is no class `{name}`");
    let broken = Broken::new(&[key, "classes"], problem, "a class is one of `classes`");
    let near = names.iter().min_by_key(|known| strsim::osa_distance(known, name));
    let near = near.filter(|known| strsim::osa_distance(known, name) <= 2);
    let help = match (near, names.as_slice()) {
        (Some(near), _) => Some(format!("did you mean `{near}`?")),
        (None, []) => None,
        (None, names) => Some(format!("there are: {}", names.join(", "))),
    };
    Some(Broken { help, ..broken })
}

/// Said of each class on the circle.
fn circle(config: &SchedulerConfig, at: usize) -> Option<Broken> {
    let chain = config.chain(Some(at));
    if chain.len() > MAX_DEPTH {
        let problem = format!("more than {MAX_DEPTH} classes inherit from each other");
        let rule = format!("at most {MAX_DEPTH} in a row");
        return Some(Broken::new(&[&format!("classes[{at}].inherits")], problem, rule));
    }
    let (_, last) = chain.last()?;
    let back = config.class_named(last.inherits.as_deref()?)?;
    if back != at {
        return None;
    }
    let names: Vec<&str> = chain.iter().map(|(_, class)| class.name.as_str()).collect();
    let problem = format!("{} inherits from itself", names.join(" from "));
    let rule = "what a class inherits comes to an end";
    let names = chain.iter().map(|(at, _)| format!("classes[{at}].name"));
    let keys: Vec<String> = [format!("classes[{at}].inherits")].into_iter().chain(names).collect();
    Some(Broken::new(&keys.iter().map(String::as_str).collect::<Vec<_>>(), problem, rule))
}

fn is_used(config: &SchedulerConfig, name: &str) -> bool {
    config.virtual_machines.iter().any(|vm| vm.class.as_deref() == Some(name))
        || config.classes.iter().any(|class| class.inherits.as_deref() == Some(name))
}
