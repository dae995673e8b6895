"""What was to be reached, beside what was measured in the run: nobody has to work a ratio out by hand."""
import math
import statistics


def median(values):
    values = list(values)
    return statistics.median(values) if values else float("nan")


def paired(above, below, key="us"):
    """The median of the ratios of two series of rounds: a busy machine is busy for both of a pair."""
    return median(a[key] / b[key] for a, b in zip(above, below) if b[key])


class Goals:
    def __init__(self):
        self.rows = []

    def at_most(self, what, measured, limit, form="{:.2f}", failed=0, said=None):
        self._add(what, f"at most {said or form.format(limit)}", measured, measured <= limit, form, failed)

    def at_least(self, what, measured, limit, form="{:.2f}"):
        self._add(what, f"at least {form.format(limit)}", measured, measured >= limit, form, 0)

    def felt(self, what, with_it, without, failed=0):
        """A latency in µs that must stay what it is without something: at most 1.05 times, plus a millisecond."""
        limit = 1.05 * without + 1000
        self.at_most(what, with_it, limit, "{:,.0f} µs", failed, f"1.05 x {without:,.0f} + 1,000 = {limit:,.0f} µs")

    def skip(self, what, why):
        self.rows.append((what, "", why, "–"))

    def _add(self, what, wanted, measured, is_good, form, failed):
        if measured is None or math.isnan(measured):
            return self.skip(what, "not measured")
        told = form.format(measured)
        if not is_good and told in wanted:
            told = form.replace(".2f", ".3f").format(measured)  # It misses by less than is shown.
        told += (f", {failed} failed" if failed else "")
        self.rows.append((what, wanted, told, "yes" if is_good and not failed else "**no**"))

    def table(self):
        reached = sum(row[3] == "yes" for row in self.rows)
        counted = sum(row[3] != "–" for row in self.rows)
        lines = [f"Goals: {reached} of {counted} reached in this run; ratios are medians of what each round shows", "", "| goal | wanted | measured | reached |", "|---|---|---|---|"]
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        return "\n".join(lines).replace("|  |", "| |")
