using IoTBackend.Core.Devices;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>
/// What containers ask for fits the segments of the devices they are for, and is not wider than what is out. A model that allows nothing by name
/// allows what is out, and of a first release running as root and ports, which ordinary images ask for.
/// </summary>
public sealed class PrivilegesGate() : Gate<PrivilegesGate.Asked>("privileges")
{
    /// <param name="Refused">Per model (and segment) what goes beyond it.</param>
    /// <param name="Wider">What goes beyond the release that is out.</param>
    public sealed record Asked(Privileges Asks, IReadOnlyList<string> Refused, IReadOnlyList<string> Wider);

    protected override string? NotAsked(GateCase release) => release.Track.Gates.Privileges is null ? "Privileges are not limited." : null;

    protected override async Task<Asked> GatherAsync(GateCase release, CancellationToken cancellationToken)
    {
        var asks = release.Release.Privileges ?? new();
        var models = await release.Models.Value;
        var refused = new List<string>();
        foreach (var name in (await release.Fleet.Value).Select(d => d.Model).Distinct().Order(StringComparer.Ordinal))
        {
            var model = name is null ? null : models.GetValueOrDefault(name);
            var beyond = model?.Privileges is { } allowed ? asks.Beyond(allowed).ToList()
                : release.Current is null ? asks.Beyond(new() { Root = true, Ports = ["*"], Egress = ["*"] }).ToList() : [];
            if (beyond.Count > 0)
                refused.Add($"{name ?? "devices of no model"}{(model?.Segment is { } segment ? $" (segment {segment})" : "")} does not allow it {string.Join(", ", beyond)}");
        }

        return new(asks, refused, release.Current?.Privileges is { } before ? [.. asks.Beyond(before)] : []);
    }

    public override Judgement Judge(GateCase release, Asked evidence) =>
        evidence.Refused.Count > 0 ? Judgement.Hold($"{string.Join("; ", evidence.Refused)}.")
        : evidence.Wider.Count > 0 ? Judgement.Hold($"It asks for more than {release.Current!.Tag}, which is out: {string.Join(", ", evidence.Wider)}.")
        : Judgement.Pass("It asks for nothing that its devices do not allow.");
}
