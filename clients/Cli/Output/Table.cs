using Spectre.Console;
using Spectre.Console.Rendering;

namespace IoTBackend.Cli.Output;

/// <param name="Title">Of the column.</param>
/// <param name="Value">Of a row.</param>
/// <param name="Style">Of a row's cell; null = plain.</param>
/// <param name="Rank">What is left out first where the terminal is narrow: the highest. 0 = never.</param>
/// <param name="CutTo">Long text may be cut to so many columns before another column is left out for it; 0 = never.</param>
/// <param name="IsNumber">Set right.</param>
internal sealed record Column<T>(string Title, Func<T, string> Value, Func<T, Style?>? Style = null, int Rank = 0, int CutTo = 0, bool IsNumber = false);

/// <summary>Rows of one line each. What does not fit is cut or left out whole, never wrapped: a row stays a row.</summary>
internal sealed class Table<T>(params IReadOnlyList<Column<T>> columns)
{
    private const int Gap = 2;
    private const int ShortestText = 12;
    private static readonly Style Title = new(decoration: Decoration.Bold);

    public void Draw(Screen screen, IReadOnlyList<T> rows)
    {
        var cells = rows.Select(row => columns.Select(column => Words.Clean(column.Value(row))).ToArray()).ToList();
        var widths = columns.Select((column, i) => cells.Select(row => Cells(row[i])).Append(column.Title.Length).Max()).ToArray();
        var shown = Fit(widths, screen.Width);
        Line(screen, shown, widths, i => columns[i].Title, _ => Title);
        for (var r = 0; r < rows.Count; r++)
            Line(screen, shown, widths, i => cells[r][i], i => columns[i].Style?.Invoke(rows[r]));
    }

    /// <summary>Which columns are shown; shrinks the widths of those that may shrink.</summary>
    private List<int> Fit(int[] widths, int room)
    {
        var shown = Enumerable.Range(0, columns.Count).ToList();
        int Least(int i) => columns[i].CutTo > 0 ? Math.Min(widths[i], columns[i].CutTo) : widths[i];
        int Over(Func<int, int> width) => shown.Sum(width) + Gap * (shown.Count - 1) - room;
        void Cut(Func<int, int> to)
        {
            foreach (var i in shown.Where(i => columns[i].CutTo > 0).OrderByDescending(i => widths[i]))
                widths[i] -= Math.Clamp(Over(j => widths[j]), 0, widths[i] - to(i));
        }

        while (Over(Least) > 0 && shown.Where(i => columns[i].Rank > 0).OrderByDescending(i => columns[i].Rank).Cast<int?>().FirstOrDefault() is { } least)
            shown.Remove(least);
        Cut(Least);
        Cut(i => Math.Min(widths[i], ShortestText));
        return shown;
    }

    private void Line(Screen screen, List<int> shown, int[] widths, Func<int, string> text, Func<int, Style?> style)
    {
        foreach (var i in shown)
        {
            var cell = Ellipsis(text(i), widths[i]);
            var room = new string(' ', widths[i] - Cells(cell));
            var isLast = i == shown[^1];
            cell = columns[i].IsNumber ? room + cell : isLast ? cell : cell + room;
            screen.Console.Write(new Text(cell, style(i)));
            screen.Console.Write(isLast ? "\n" : new string(' ', Gap));
        }
    }

    private static string Ellipsis(string text, int width)
    {
        if (Cells(text) <= width)
            return text;
        while (Cells(text) > width - 1)
            text = text[..^1];
        return text.TrimEnd() + "…";
    }

    /// <summary>Columns of the terminal; ideographs take two.</summary>
    private static int Cells(string text) => new Segment(text).CellCount();
}
