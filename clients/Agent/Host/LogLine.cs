using System.Globalization;

namespace IoTBackend.Agent.Host;

/// <summary>One line of the log, whatever a server, an engine or a workload had to say: nobody adds a line that looks like the agent's, or fills the disk.</summary>
internal static class LogLine
{
    private const int Most = 1000;

    public static string Of(string text) => string.Create(Math.Min(text.Length, Most), text, (line, said) =>
    {
        for (var i = 0; i < line.Length; i++)
            line[i] = IsSeen(said[i]) ? said[i] : ' ';
    });

    /// <summary>It neither moves the cursor nor turns the writing round.</summary>
    private static bool IsSeen(char c) =>
        char.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
