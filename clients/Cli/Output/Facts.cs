using Spectre.Console;

namespace IoTBackend.Cli.Output;

/// <summary>One thing in full: a line for each that is known of it.</summary>
internal sealed class Facts
{
    private readonly List<(string Name, string Value, Style? Style)> _lines = [];

    /// <summary>Left out where there is nothing to say.</summary>
    public Facts Add(string name, string? value, Style? style = null)
    {
        if (value is { Length: > 0 } and not "-")
            _lines.Add((name, Words.Clean(value), style));
        return this;
    }

    public void Draw(Screen screen)
    {
        var width = _lines.Select(line => line.Name.Length).DefaultIfEmpty(0).Max() + 2;
        foreach (var (name, value, style) in _lines)
        {
            screen.Console.Write(new Text(name.PadRight(width), new Style(decoration: Decoration.Dim)));
            screen.Console.Write(new Text(value, style));
            screen.Console.Write("\n");
        }
    }
}
