using System.Text.Json;

namespace IoTBackend.Agent.Configuration;

/// <summary>What is wrong with a file of JSON, in the words of whoever wrote it: which member, what belongs there, and its line as an editor counts.</summary>
internal static class JsonFault
{
    private const string Converted = "could not be converted to ";
    private const string Missing = "including: ";

    /// <param name="fault">As it is thrown.</param>
    /// <param name="within">What was read, where it is a part of the file; ends with a full stop.</param>
    /// <param name="linesBefore">Of the file, before the part.</param>
    public static string Of(JsonException fault, string within = "", int linesBefore = 0)
    {
        var member = fault.Path is { Length: > 2 } path ? within + path[2..] : within.Length > 0 ? within[..^1] : null;
        var what = fault.Message.Split(" Path: ")[0].Split(" LineNumber: ")[0];
        if (what.Contains("could not be mapped", StringComparison.Ordinal) && what.Split('\'') is [_, var name, ..])
        {
            // Its own name is what does not belong there.
            var place = member is null || within.Length == 0 ? "" : $"{member[..Math.Max(member.LastIndexOf('.'), within.Length - 1)]}: ";
            return $"{place}nothing is called '{name}' here.{Line(fault, linesBefore)}";
        }

        if (what.IndexOf(Missing, StringComparison.Ordinal) is var missing and >= 0)
            what = $"it needs {what[(missing + Missing.Length)..]}";
        else if (what.IndexOf(Converted, StringComparison.Ordinal) is var converted and >= 0)
            what = Wanted(what[(converted + Converted.Length)..], member ?? "");
        return $"{(member is null ? "" : $"{member}: ")}{what}{Line(fault, linesBefore)}";
    }

    private static string Line(JsonException fault, int linesBefore) => fault.LineNumber is { } line ? $" (line {linesBefore + line + 1})" : "";

    /// <param name="type">Of .NET, or that of the object of which the member is one.</param>
    private static string Wanted(string type, string member) => type switch
    {
        _ when type.Contains(nameof(Strategy), StringComparison.Ordinal) => "replace or beside.",
        _ when type.Contains(nameof(Boolean), StringComparison.Ordinal) || member.EndsWith(".writable", StringComparison.Ordinal) => "true or false.",
        _ when type.Contains(nameof(Int32), StringComparison.Ordinal) => "a whole number.",
        _ when type.Contains("Dictionary", StringComparison.Ordinal) => "names with values, in { }.",
        _ when type.Contains("List", StringComparison.Ordinal) => "a list, in [ ].",
        _ when type.Contains(nameof(String), StringComparison.Ordinal) => "text, in quotation marks.",
        _ when type.EndsWith("Option.", StringComparison.Ordinal) && !member.EndsWith(']') => "text, in quotation marks.",
        _ => "members, in { }.",
    };
}
