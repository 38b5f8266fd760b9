using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Pushes;

/// <summary>
/// Gathers the pushes of one request. What is no name never gets further than here, so that nothing else reaches an address or a key;
/// a push that names nothing is a fault, a push without a tag is none.
/// </summary>
internal sealed class PushList(string form)
{
    private readonly List<PushHint> _hints = [];
    private string? _fault;

    /// <param name="tag">A digest, or nothing, is a part of a larger push: the tag has an event of its own.</param>
    public void Add(string? repository, string? tag, DateTimeOffset? at = null, string? registryName = null)
    {
        if (!OciNames.IsRepository(repository))
            _fault ??= "A push that names no repository.";
        else if (string.IsNullOrEmpty(tag) || tag.Contains(':', StringComparison.Ordinal))
            return;
        else if (!OciNames.IsTag(tag))
            _fault ??= "A push that names no tag.";
        else
            _hints.Add(new(repository!, tag, registryName, at));
    }

    public Result<PushEvents> Done(int most) => _hints.Count == 0 && _fault is { } fault ? Result<PushEvents>.Rejected(fault)
        : _hints.Count > most ? Result<PushEvents>.Rejected($"More than {most} pushes in one event.")
        : new PushEvents(form, [.. _hints.GroupBy(h => h with { At = null }).Select(same => same.MaxBy(h => h.At))]);
}
