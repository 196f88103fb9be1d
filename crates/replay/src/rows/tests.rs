use std::io::Write as _;

use super::*;

fn file(content: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    file
}

/// The last row, without its VM.
fn last(content: &[u8]) -> Result<Row<'static>, Error> {
    let mut last = None;
    each_row(file(content).path(), |row| {
        last = Some(Row { vm: "", ..*row });
        Ok(())
    })?;
    Ok(last.unwrap())
}

const HEAD: &str = "vm_id,t_s,cpu_cores_used,vcpus,mem_used_mb,mem_total_mb\n";

#[test]
fn plain_and_gzip_are_told_apart_by_content() {
    let text = format!("{HEAD}a,0,1,2,,\nb,300,0.5,4,100,2048\n");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let (mem, total) = (Some(100.0), Some(2048.0));
    let row = Row { line: 3, vm: "", t: 300.0, cpu: 0.5, vcpus: 4.0, mem, total };
    for content in [text.into_bytes(), gzip.finish().unwrap()] {
        assert_eq!(last(&content).unwrap(), row);
    }
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let long = "x".repeat(2 * MAX_LINE);
    for (text, line, what) in [
        (String::new(), 1, "no rows"),
        (HEAD.to_owned(), 1, "no rows"),
        ("a,b\n1,2\n".to_owned(), 1, "the first line must be vm_id,"),
        (format!("{HEAD}a,0,1,2,,\na,300,x,2,,\n"), 3, "`cpu_cores_used` is `x`"),
        (format!("{HEAD}a,0,1,2,,\na,-300,1,2,,\n"), 3, "`t_s` is `-300`"),
        (format!("{HEAD}a,0,1,2,inf,\n"), 2, "`mem_used_mb` is `inf`"),
        (format!("{HEAD}a,0,1,0,,\n"), 2, "`vcpus` is outside 1 to 4096"),
        (format!("{HEAD},0,1,1,,\n"), 2, "`vm_id` is empty"),
        (format!("{HEAD}a,0,1,2\n"), 2, "4 fields"),
        (format!("{HEAD}{long}\n"), 2, "longer than 65536 bytes"),
    ] {
        match last(text.as_bytes()) {
            Err(Error::Trace { line: at, what: said, .. }) => {
                assert!(at == line && said.contains(what), "{what}: {at} {said}");
            }
            other => panic!("{what}: {other:?}"),
        }
    }
    let cut = &[0x1f, 0x8b, 8, 0, 0][..];
    assert!(matches!(last(cut), Err(Error::Trace { .. })));
    let missing = each_row(Path::new("/nowhere"), |_| Ok(())).unwrap_err();
    assert!(missing.is_missing() && missing.to_string().starts_with("/nowhere: "));
}
