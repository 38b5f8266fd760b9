using IoTBackend.Core.Releases.Tags;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>What stands between a pushed image and the fleet. Each gate always gives a verdict and its reason.</summary>
public static class GateRules
{
    /// <param name="current">What the track's devices run now; null = nothing yet.</param>
    /// <param name="tag">What is known of the release's tag.</param>
    public static IReadOnlyList<GateVerdict> Judge(
        Track track, TagPolicy policy, Release release, Release? current, TagRecord? tag, DateTimeOffset now)
    {
        GateVerdict[] verdicts = [Tag(), Order(), Digest(), Platforms(), Size()];
        // A verdict keeps the time at which it was first given.
        return [.. verdicts.Select(v => release.Gates.FirstOrDefault(b => b with { At = v.At } == v) ?? v)];

        GateVerdict Tag() => policy.Refuses(release.Tag) is { } refusal
            ? new("tag", Verdict.Skipped, refusal, now)
            : new("tag", Verdict.Passed, $"The track follows {release.Tag}.", now);

        GateVerdict Order() => current is null || current.Id == release.Id || !policy.IsImmutable ? new("order", Verdict.Passed, "Nothing newer is out.", now)
            : policy.Rules.AllowDowngrade ? ByPush(current)
            : policy.Compare(current.Tag, release.Tag) switch
            {
                < 0 => new("order", Verdict.Passed, $"Newer than {current.Tag}.", now),
                // Which of the two is meant is not for us to guess.
                0 => new("order", Verdict.Held, $"{release.Tag} is the same version as {current.Tag}, which is out, and another image.", now),
                _ => new("order", Verdict.Skipped, $"Older than {current.Tag}, which is out.", now),
            };

        GateVerdict ByPush(Release current) => release.LastPushedAt < current.LastPushedAt
            ? new("order", Verdict.Skipped, $"{current.Tag}, which is out, was pushed later.", now)
            : new("order", Verdict.Passed, $"Pushed after {current.Tag}, and versions may go back.", now);

        GateVerdict Digest() => policy.IsImmutable && tag is not null && tag.First != release.Digest
            ? new("digest", Verdict.Held, $"The version tag {tag.Tag} named {tag.First} before.", now)
            : new("digest", Verdict.Passed, "The tag has named no other image.", now);

        GateVerdict Platforms() => release.Platforms.Count == 0
            ? new("platforms", Verdict.Held, $"No platform can be used. {string.Join(' ', release.Unusable)}".TrimEnd(), now)
            : new("platforms", Verdict.Passed, string.Join(", ", release.Platforms.Select(p => p.Platform)), now);

        GateVerdict Size() => track.Gates.MaxSizeBytes is not { } most ? new("size", Verdict.Passed, "No limit is set.", now)
            : release.Platforms.FirstOrDefault(p => p.SizeBytes > most) is { } large
                ? new("size", Verdict.Held, $"{large.Platform} has {large.SizeBytes} bytes to download, more than {most}.", now)
                : new("size", Verdict.Passed, $"At most {most} bytes to download.", now);
    }
}
