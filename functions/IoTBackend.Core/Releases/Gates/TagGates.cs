namespace IoTBackend.Core.Releases.Gates;

/// <summary>Does the track follow such tags?</summary>
public sealed class TagGate() : PlainGate("tag")
{
    public override Judgement Judge(GateCase release) => release.Policy.Refuses(release.Release.Tag) is { } refusal
        ? Judgement.Skip(refusal)
        : Judgement.Pass($"The track follows {release.Release.Tag}.");
}

/// <summary>Never backwards unless asked.</summary>
public sealed class OrderGate() : PlainGate("order")
{
    public override Judgement Judge(GateCase release)
    {
        var (mine, current) = (release.Release, release.Current);
        if (current is null || current.Id == mine.Id || !release.Policy.IsImmutable)
            return Judgement.Pass("Nothing newer is out.");
        if (release.Policy.Rules.AllowDowngrade)
        {
            return mine.LastPushedAt < current.LastPushedAt
                ? Judgement.Skip($"{current.Tag}, which is out, was pushed later.")
                : Judgement.Pass($"Pushed after {current.Tag}, and versions may go back.");
        }

        return release.Policy.Compare(current.Tag, mine.Tag) switch
        {
            < 0 => Judgement.Pass($"Newer than {current.Tag}."),
            // Which of the two is meant is not for us to guess.
            0 => Judgement.Hold($"{mine.Tag} is the same version as {current.Tag}, which is out, and another image."),
            _ => Judgement.Skip($"Older than {current.Tag}, which is out."),
        };
    }
}

/// <summary>A version tag names one image for good.</summary>
public sealed class DigestGate() : PlainGate("digest")
{
    public override Judgement Judge(GateCase release) =>
        release.Policy.IsImmutable && release.Tag is { First.Length: > 0 } tag && tag.First != release.Release.Digest
            ? Judgement.Hold($"The version tag {tag.Tag} named {tag.First} before.")
            : Judgement.Pass("The tag has named no other image.");
}
