//! Rows as columns that a person reads.

/// Rows under titles, each column as wide as its widest cell; no line of titles when all are empty.
pub(crate) fn columns<const N: usize>(titles: &[&str; N], rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([titles[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let titles = titles.map(str::to_owned);
    let head = titles.iter().any(|title| !title.is_empty()).then_some(&titles);
    head.into_iter().chain(rows).map(|row| line(row, &widths)).collect()
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let cells: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
    format!("{}\n", cells.join("  ").trim_end())
}
