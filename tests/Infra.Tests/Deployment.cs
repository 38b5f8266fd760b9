using System.Text.Json;

namespace Infra.Tests;

/// <summary>What a deployment leaves behind, as <c>bicep snapshot</c> predicts it. Values known only at run time are expressions: <c>[reference(...)]</c>.</summary>
internal sealed class Deployment(JsonElement snapshot)
{
    public JsonElement Snapshot { get; } = snapshot;

    public IReadOnlyList<Resource> Resources { get; } = [.. snapshot.GetProperty("predictedResources").EnumerateArray().Select(r => new Resource(r))];

    public IEnumerable<Resource> Of(string type) => Resources.Where(r => r.Type == type);

    public Resource One(string type) => Assert.Single(Of(type));
}

/// <summary>One resource.</summary>
internal sealed record Resource(JsonElement Json)
{
    public string Type => Json.GetProperty("type").GetString()!;

    public string Name => Json.GetProperty("name").GetString()!;

    public string Id => Json.GetProperty("id").GetString()!;

    /// <summary>The value at a dotted path, as text; null where there is none.</summary>
    public string? this[string path]
    {
        get
        {
            var at = Json;
            foreach (var step in path.Split('.'))
            {
                if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(step, out at))
                    return null;
            }

            return at.ValueKind == JsonValueKind.Null ? null : at.ToString();
        }
    }

    public override string ToString() => $"{Type} {Name}";
}
