using System.Runtime.CompilerServices;
using System.Text.Json;
using IoTBackend.Core.Shared;

namespace Core.Tests.Stored;

/// <summary>
/// Rows and queued messages as an earlier version left them; a file's name is the type's. A document gets members, it loses
/// and renames none: what was stored is read, and a version that is taken back finds what it wrote.
/// </summary>
public sealed class StoredDocumentsTests
{
    public static TheoryData<string> Documents => [.. Directory.EnumerateFiles(Folder(), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Order()];

    [Theory]
    [MemberData(nameof(Documents))]
    public void What_was_stored_is_read_and_would_be_written_the_same(string name)
    {
        var stored = JsonElement.Parse(File.ReadAllText(Path.Combine(Folder(), name + ".json")));
        var type = Assert.Single(typeof(WireJson).Assembly.GetTypes(), type => type.Name == name && !type.IsNested);
        var written = JsonSerializer.SerializeToElement(stored.Deserialize(type, WireJson.Options), type, WireJson.Options);
        Assert.Empty(Lost(stored, written, name));
    }

    private static IEnumerable<string> Lost(JsonElement stored, JsonElement written, string path) => (stored.ValueKind, written.ValueKind) switch
    {
        (JsonValueKind.Object, JsonValueKind.Object) => stored.EnumerateObject().SelectMany(member =>
            written.TryGetProperty(member.Name, out var now) ? Lost(member.Value, now, $"{path}.{member.Name}") : [$"{path}.{member.Name} is lost"]),
        (JsonValueKind.Array, JsonValueKind.Array) when stored.GetArrayLength() == written.GetArrayLength() =>
            stored.EnumerateArray().Zip(written.EnumerateArray()).SelectMany((pair, i) => Lost(pair.First, pair.Second, $"{path}[{i}]")),
        _ => JsonElement.DeepEquals(stored, written) ? [] : [$"{path} was {stored}, is {written}"],
    };

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
