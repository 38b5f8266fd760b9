namespace IoTBackend.Core.Releases.Gates;

/// <summary>Every device that is targeted has a part of the image it can run, and none loses the one it has.</summary>
public sealed class PlatformsGate() : Gate<PlatformsGate.Coverage>("platforms")
{
    private const int Named = 10;

    /// <param name="Lost">Devices that what is out has a part for, and this has not.</param>
    /// <param name="Without">Devices that neither has a part for.</param>
    public sealed record Coverage(int Devices, IReadOnlyList<string> Lost, IReadOnlyList<string> Without);

    protected override async Task<Coverage> GatherAsync(GateCase release, CancellationToken cancellationToken)
    {
        var fleet = await release.Fleet.Value;
        var missing = fleet.Where(d => d.Platform is not null && release.For(d, release.Release) is null).ToLookup(d => release.Current is { } known && release.For(d, known) is not null);
        return new(fleet.Count, [.. missing[true].Select(d => d.Id).Order(StringComparer.Ordinal)], [.. missing[false].Select(d => d.Id).Order(StringComparer.Ordinal)]);
    }

    public override Judgement Judge(GateCase release, Coverage evidence)
    {
        var image = release.Release;
        if (image.Platforms.Count == 0)
            return Judgement.Hold($"No platform can be used. {string.Join(' ', image.Unusable)}".TrimEnd());
        var platforms = string.Join(", ", image.Platforms.Select(p => p.Platform));
        if (evidence.Lost.Count > 0)
            return Judgement.Hold($"{platforms}; {Count(evidence.Lost)} would lose the image for {Its(evidence.Lost)} processor: {Names(evidence.Lost)}.");
        // What is missing for the same devices already is no news, and was accepted when that went out.
        if (evidence.Without.Count > 0 && release.Current is null)
            return Judgement.Hold($"{platforms}; {Count(evidence.Without)} {Have(evidence.Without)} no image for {Its(evidence.Without)} processor: {Names(evidence.Without)}.");
        return Judgement.Pass(evidence.Without.Count == 0 ? platforms : $"{platforms}; {Count(evidence.Without)} {Have(evidence.Without)} no image, as before: {Names(evidence.Without)}.");
    }

    private static string Have(IReadOnlyList<string> devices) => devices.Count == 1 ? "has" : "have";

    private static string Its(IReadOnlyList<string> devices) => devices.Count == 1 ? "its" : "their";

    private static string Count(IReadOnlyList<string> devices) => devices.Count == 1 ? "1 device" : $"{devices.Count} devices";

    private static string Names(IReadOnlyList<string> devices) =>
        string.Join(", ", devices.Take(Named)) + (devices.Count > Named ? $" and {devices.Count - Named} more" : "");
}
