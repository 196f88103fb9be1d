use super::*;

fn part(vm: usize, have: f64, floor: f64, want: f64, weight: f64) -> Part {
    Part { vm, node: 0, have, floor, want, weight, got: have }
}

fn got(mut parts: Vec<Part>) -> Vec<f64> {
    parts.sort_by_key(|part| part.vm);
    parts.into_iter().map(|part| part.got).collect()
}

#[test]
fn who_is_content_early_leaves_the_rest_to_the_others() {
    let mut parts = vec![
        part(0, 0.0, 0.0, 10.0, 1.0),
        part(1, 0.0, 0.0, 100.0, 1.0),
        part(2, 0.0, 0.0, 100.0, 3.0),
    ];
    let left = fill(&mut parts, 50.0, |part| part.want);
    assert_eq!((left, got(parts)), (0.0, vec![10.0, 10.0, 30.0]));
    let mut parts = vec![part(0, 0.0, 0.0, 10.0, 1.0), part(1, 5.0, 0.0, 8.0, 2.0)];
    let left = fill(&mut parts, 50.0, |part| part.want);
    assert_eq!((left, got(parts)), (37.0, vec![10.0, 8.0]));
}

#[test]
fn nobody_gets_more_before_everyone_has_what_he_must() {
    // 1024 are free; the idle one is left with its floor.
    let mut parts = vec![
        part(0, 4096.0, 4096.0, 8192.0, 1000.0),
        part(1, 4096.0, 6144.0, 8192.0, 1.0),
        part(2, 4096.0, 3072.0, 4096.0, 1.0),
    ];
    entitle(&mut parts, 1024.0);
    assert_eq!(got(parts), [4096.0, 6144.0, 3072.0]);
}

#[test]
fn where_not_even_the_floors_fit_they_are_shared() {
    let mut parts =
        vec![part(0, 1024.0, 3072.0, 8192.0, 1.0), part(1, 1024.0, 3072.0, 8192.0, 3.0)];
    entitle(&mut parts, 1024.0);
    assert_eq!(got(parts), [1280.0, 1792.0]);
}

#[test]
fn idle_ones_keep_what_nobody_needs() {
    let mut parts = vec![
        part(0, 4096.0, 4096.0, 5120.0, 1.0),
        part(1, 8192.0, 2048.0, 8192.0, 1.0),
        part(2, 4096.0, 2048.0, 4096.0, 1.0),
    ];
    entitle(&mut parts, 0.0);
    // The largest gives, by no more than is needed.
    assert_eq!(got(parts), [5120.0, 7168.0, 4096.0]);
}

#[test]
fn what_is_given_back_counts_when_it_is_there() {
    let mut parts = vec![part(0, 4096.0, 4096.0, 8192.0, 1.0)];
    (parts[0].got, parts[0].want) = (8192.0, 8192.0);
    grant::<Dimms>(&mut parts, 1300.0);
    assert_eq!(got(parts), [5120.0]);
}

#[test]
fn crumbs_are_put_together_for_who_lacks_most() {
    let mut parts: Vec<Part> = (0..4).map(|vm| part(vm, 4096.0, 4096.0, 8192.0, 1.0)).collect();
    parts[2].floor = 4608.0;
    entitle(&mut parts, 600.0);
    grant::<Dimms>(&mut parts, 600.0);
    assert_eq!(got(parts), [4096.0, 4096.0, 4608.0, 4096.0]);
    let mut parts: Vec<Part> = (0..3).map(|vm| part(vm, 2.0, 2.0, 4.0, 1.0)).collect();
    parts[1].weight = 2.0;
    entitle(&mut parts, 2.0);
    grant::<Cpus>(&mut parts, 2.0);
    assert_eq!(got(parts), [3.0, 3.0, 2.0]);
}
