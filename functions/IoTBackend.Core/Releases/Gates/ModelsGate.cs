using IoTBackend.Core.Devices;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>Every targeted device is of a model that was security-tested, not too long ago.</summary>
public sealed class ModelsGate() : Gate<ModelsGate.Attestations>("attestedModels")
{
    /// <param name="Untested">Models without a test, and of no model.</param>
    /// <param name="Expired">Models whose test is past its date.</param>
    public sealed record Attestations(IReadOnlyList<string> Tested, IReadOnlyList<string> Untested, IReadOnlyList<string> Expired);

    protected override string? NotAsked(GateCase release) => release.Track.Gates.AttestedModels ? null : "No tested models are asked for.";

    protected override async Task<Attestations> GatherAsync(GateCase release, CancellationToken cancellationToken)
    {
        var models = await release.Models.Value;
        var used = (await release.Fleet.Value).GroupBy(d => d.Model ?? "").Select(g => (Name: g.Key, Devices: g.Count(), Known: models.GetValueOrDefault(g.Key))).ToList();
        return new(
            [.. used.Where(m => Is(m.Known, release.Now) == true).Select(m => m.Known!.Name + Said(m.Known))],
            [.. used.Where(m => m.Known is not { SecurityTested: true }).Select(m => $"{(m.Name.Length == 0 ? "no model" : m.Name)} ({m.Devices})")],
            [.. used.Where(m => Is(m.Known, release.Now) == false && m.Known is { SecurityTested: true }).Select(m => $"{m.Name}, until {m.Known!.SecurityTest!.ValidUntil:u}")]);
    }

    public override Judgement Judge(GateCase release, Attestations evidence) =>
        evidence.Untested.Count > 0 ? Judgement.Hold($"Devices of models that nobody has tested: {string.Join(", ", evidence.Untested)}.")
        : evidence.Expired.Count > 0 ? Judgement.Hold($"Security tests that are past their date: {string.Join(", ", evidence.Expired)}.")
        : Judgement.Pass(evidence.Tested.Count == 0 ? "No device is targeted." : $"Tested: {string.Join(", ", evidence.Tested)}.");

    private static bool Is(DeviceModel? model, DateTimeOffset now) => model is { SecurityTested: true } && !(model.SecurityTest?.ValidUntil <= now);

    private static string Said(DeviceModel model) => model.SecurityTest is { } test ? $" by {test.By} on {test.At:yyyy-MM-dd}" : "";
}
