//! What was used over a time, in columns of equal length.

/// Columns of a chart: of seven days each is an hour and three quarters.
pub(crate) const COLUMNS: u64 = 96;

/// The time that is told of, cut into columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    /// In seconds since 1970.
    pub(crate) since: u64,
    /// In seconds since 1970, after `since`.
    pub(crate) until: u64,
}

impl Grid {
    /// So long it is, in seconds.
    pub(crate) fn length(self) -> u64 {
        self.until.saturating_sub(self.since).max(1)
    }

    /// When a column begins, in seconds since 1970.
    pub(crate) fn begin(self, column: u64) -> u64 {
        self.since + (column * self.length()).div_ceil(COLUMNS)
    }

    /// The part of a block that lies within.
    pub(crate) fn clip(self, (begin, end): (u64, u64)) -> (u64, u64) {
        (begin.max(self.since), end.min(self.until))
    }

    /// Calls with each column that a clipped block touches, and the seconds of the block in it.
    fn each(self, (begin, end): (u64, u64), mut add: impl FnMut(u64, u64)) {
        let mut at = begin;
        while at < end {
            let column = (at - self.since) * COLUMNS / self.length();
            let upto = self.begin(column + 1).min(end);
            add(column, upto.saturating_sub(at));
            at = upto.max(at + 1);
        }
    }
}

/// What is known of a resource in a column.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Column {
    /// So many seconds were measured; without any it is a gap.
    pub(crate) seconds: f64,
    /// Units used, times seconds.
    pub(crate) used: f64,
    /// Units allocated, times seconds.
    pub(crate) allocated: f64,
    /// Units in the highest sample.
    pub(crate) most: f64,
    /// Seconds in which it was short.
    pub(crate) short: f64,
}

/// A block of time of one resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// Units used on average.
    pub(crate) used: f64,
    /// Units allocated.
    pub(crate) allocated: f64,
    /// Units in the highest sample.
    pub(crate) most: f64,
    /// The share of it in which it was short, 0 to 1.
    pub(crate) short: f64,
}

/// Columns; those that nothing was added to yet take no memory.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Series(Vec<Column>);

impl Series {
    /// Adds a block that lies within the grid.
    pub(crate) fn add(&mut self, grid: Grid, block: (u64, u64), span: Span) {
        if self.0.is_empty() {
            self.0 = vec![Column::default(); usize::try_from(COLUMNS).unwrap_or_default()];
        }
        grid.each(block, |column, seconds| {
            let seconds = float(seconds);
            let at = usize::try_from(column).ok();
            let Some(column) = at.and_then(|at| self.0.get_mut(at)) else { return };
            column.seconds += seconds;
            column.used += seconds * span.used;
            column.allocated += seconds * span.allocated;
            column.most = column.most.max(span.most);
            column.short += seconds * span.short;
        });
    }

    /// The columns, from the first on; none where nothing is known.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.0
    }
}

/// Seconds as a number to reckon with.
pub(crate) fn float(seconds: u64) -> f64 {
    u32::try_from(seconds).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Span = Span { used: 1.0, allocated: 2.0, most: 1.5, short: 0.5 };

    #[test]
    fn a_block_goes_to_the_columns_that_it_touches() {
        let grid = Grid { since: 1000, until: 1000 + COLUMNS * 10 };
        let mut series = Series::default();
        assert!(series.columns().is_empty());
        series.add(grid, (1005, 1025), SPAN);
        let seconds: Vec<f64> = series.columns().iter().map(|c| c.seconds).collect();
        assert_eq!(seconds[..4], [5.0, 10.0, 5.0, 0.0]);
        let first = series.columns()[0];
        assert_eq!((first.used, first.allocated, first.short), (5.0, 10.0, 2.5));
    }

    #[test]
    fn no_second_is_lost_however_the_columns_fall() {
        for length in [1, 7, 95, 97, 3600, 604_800] {
            let grid = Grid { since: 50, until: 50 + length };
            let mut series = Series::default();
            series.add(grid, grid.clip((0, u64::MAX)), SPAN);
            let seconds: f64 = series.columns().iter().map(|c| c.seconds).sum();
            assert!((seconds - float(length)).abs() < 1e-6, "{length}: {seconds}");
        }
    }
}
