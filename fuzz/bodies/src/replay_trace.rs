//! A recorded load, which comes from anywhere.

use std::path::Path;

use vm_autoscale_replay::{Row, each_row_of};

const HEAD: &str = "vm_id,t_s,cpu_cores_used,vcpus,mem_used_mb,mem_total_mb\n";

/// # Panics
/// A row has what no load can be, or is another one when it is written down and read again.
pub fn replay_trace(data: &[u8]) {
    // A row that cannot be read ends it; those before it count.
    let _ = read(data, |row| {
        let figures = [Some(row.t), Some(row.cpu), Some(row.vcpus), row.mem, row.total];
        let is_sane = |figure: &f64| figure.is_finite() && *figure >= 0.0;
        assert!(figures.iter().flatten().all(is_sane) && row.vcpus >= 1.0, "{row:?}");
        let maybe = |figure: Option<f64>| figure.map_or_else(String::new, |f| f.to_string());
        let name = row.vm.replace('"', "\"\"");
        let Row { t, cpu, vcpus, .. } = *row;
        let (mem, total) = (maybe(row.mem), maybe(row.total));
        let text = format!("{HEAD}\"{name}\",{t},{cpu},{vcpus},{mem},{total}\n");
        let again = read(text.as_bytes(), |again| {
            assert_eq!(Row { line: row.line, ..*again }, *row);
        });
        assert!(again, "{text}");
    });
}

fn read(data: &[u8], mut look: impl FnMut(&Row<'_>)) -> bool {
    let done = each_row_of(data, Path::new("trace"), |row| {
        look(row);
        Ok(())
    });
    done.is_ok()
}
