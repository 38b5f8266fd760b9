using System.Text.Json;
using IoTBackend.Cli.Api;
using Spectre.Console;

namespace IoTBackend.Cli.Output;

/// <summary>Where a command writes: tables for people, or JSON (<c>--json</c>) for programs. Colour on terminals only, and not where NO_COLOR asks for none.</summary>
internal sealed class Screen
{
    /// <summary>errno(3), EPIPE.</summary>
    private const int BrokenPipe = 32;

    private readonly Surroundings _around;
    private readonly bool _json;

    public Screen(Surroundings around, bool json)
    {
        (_around, _json) = (around, json);
        Console = Open(around, around.Out, around.IsTerminal);
    }

    public IAnsiConsole Console { get; }

    public bool IsJson => _json;

    /// <summary>Columns of the output.</summary>
    public int Width => _around.Width;

    public DateTimeOffset Now => _around.Time.GetUtcNow();

    /// <summary>The document as it was answered, or what is drawn of it.</summary>
    public void Show<T>(T document, Action<T> draw)
    {
        if (_json)
            _around.Out.WriteLine(JsonSerializer.Serialize(document, typeof(T), Backend.Json));
        else
            draw(document);
    }

    /// <summary>A list: as JSON an array, as a table one row each; with nothing in it a sentence, on stderr so that nothing is piped on.</summary>
    public void List<T>(IReadOnlyList<T> entries, Table<T> table, string ifEmpty)
    {
        if (_json)
            _around.Out.WriteLine(JsonLines.Array(entries));
        else if (entries.Count == 0)
            Remark(ifEmpty);
        else
            table.Draw(this, entries);
    }

    /// <summary>One line of JSON, for what goes on.</summary>
    public void JsonLine<T>(T document) => _around.Out.WriteLine(JsonLines.One(document));

    public void Line(string text = "") => Console.WriteLine(Words.Clean(text));

    /// <summary>How far it is, where the exit code says what it came to: it goes on, whether that is read or not.</summary>
    public void Step(string text) => Regardless(() => Line(text));

    public void Heading(string text)
    {
        Console.WriteLine();
        Console.Write(new Text(text, new Style(decoration: Decoration.Bold)));
        Console.WriteLine();
    }

    /// <summary>What a person likes to know and a program does not read.</summary>
    public void Remark(string text) => _around.Error.WriteLine(Words.Clean(text));

    /// <summary>A change was made: said in a word, or as the document it led to. It stands, and others may follow, also where nobody reads that any more.</summary>
    public void Did<T>(string text, T document) => Regardless(() =>
    {
        if (_json)
            Show(document, _ => { });
        else
            Line(text);
    });

    /// <summary>Who reads the output has enough: <c>| head -1</c>.</summary>
    public static bool IsUnread(IOException failed) => failed.HResult == BrokenPipe;

    private static void Regardless(Action write)
    {
        try
        {
            write();
        }
        catch (IOException failed) when (IsUnread(failed))
        {
            // What was to be done is done all the same.
        }
    }

    // The sixteen colours every terminal lets its owner choose.
    private static IAnsiConsole Open(Surroundings around, TextWriter writer, bool isTerminal)
    {
        var colour = isTerminal && around.Setting("NO_COLOR") is null && around.Setting("TERM") != "dumb";
        var console = AnsiConsole.Create(new()
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = colour ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        // Tables fit themselves; nothing else is to be broken into lines.
        console.Profile.Width = Surroundings.Unlimited;
        return console;
    }
}
