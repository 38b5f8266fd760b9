using System.Buffers;

namespace IoTBackend.Core.Shared;

/// <summary>
/// The one alphabet of names an operator chooses (devices, groups, models, channels): safe in a URL path, a table key,
/// an AMQP link address and a log line without escaping.
/// </summary>
public static class Name
{
    public const int MaxLength = 128;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:");

    /// <summary>1..128 characters of <c>A-Z a-z 0-9 - _ . :</c>, and not only dots (a path segment of dots is not a name).</summary>
    public static bool IsValid(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= MaxLength && !name.ContainsAnyExcept(Allowed) && name.ContainsAnyExcept('.');

    /// <summary>What is wrong with a name, or null.</summary>
    public static string? Check(string what, string? name) => IsValid(name)
        ? null
        : $"{what} must have 1 to {MaxLength} characters of A-Z a-z 0-9 - _ . : and not only dots.";
}
