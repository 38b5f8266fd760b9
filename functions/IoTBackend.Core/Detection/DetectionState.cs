using System.Runtime.InteropServices;
using System.Text;
using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Detection.Connectivity;

namespace IoTBackend.Core.Detection;

/// <summary>All that is remembered of one device for detection. A value: assignment copies it. At most <see cref="MaxBytes"/> stored.</summary>
/// <remarks>
/// Stored form, a contract: version byte 1, then the sections in the order of <see cref="Write"/>, each a little-endian
/// 16-bit length and its bytes. A section only ever grows at its end and new sections only come last, so that a shorter
/// one, written by an earlier version, reads as zeros where it knew nothing.
/// </remarks>
public struct DetectionState
{
    /// <summary>Bound of <see cref="Write"/>, bytes.</summary>
    public const int MaxBytes = 2048;

    /// <summary>Longest gateway remembered, UTF-8 bytes; a longer one is treated as not reported, and so is a track or digest that can be none.</summary>
    public const int MaxGatewayBytes = 80;

    /// <summary>Longest track: a track's name is no longer than that.</summary>
    public const int MaxTrackBytes = 63;

    /// <summary>Longest digest as stored: those of SHA-256 and SHA-512 are stored as bytes.</summary>
    public const int MaxDigestBytes = 71;

    private const byte Version = 1;

    internal SilenceState Silence;
    internal ReportingRhythm Rhythm;
    internal LossState Loss;
    internal LinkState Link;
    internal FlappingState Flapping;
    internal ClockSkew Clock;
    internal BatteryState Battery;
    internal string? Gateway;
    internal string? Track;
    internal string? Digest;
    internal BatteryDay Day;
    internal OwnLives Lives;
    internal RunningImages Images;
    internal RecentResets Resets;
    internal RecentLevels Levels;
    internal HeardShare Heard;

    /// <summary>The status as of the latest call of Observe or Judge. When it changes, the device's groups are to be told.</summary>
    public readonly ConnectivityStatus Status => Silence.Status;

    /// <summary>Latest arrival; null = never heard.</summary>
    public readonly DateTimeOffset? LastSeen => Silence.LastArrival == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(Silence.LastArrival);

    /// <summary>The running image as the device reports it.</summary>
    public readonly (string? Track, string? Digest) Image => (Track, Digest);

    /// <summary>Images of its other tracks, by the hashes under which they are kept.</summary>
    public readonly IReadOnlyList<(uint Track, ulong Digest)> OtherImages => Images.Others();

    /// <summary>Lives of its batteries that came down to a level so far: what <see cref="LearnedLives"/> learns from.</summary>
    public readonly int LivesEnded => Lives.Ended;

    /// <summary>The life of its battery so far; null = no level was ever reported.</summary>
    public readonly BatteryCourse? BatteryCourse(DetectionPolicy policy) => Core.Detection.Battery.BatteryCourse.Of(policy, in Battery);

    /// <summary>Heard within its last ten intervals, or within a day: counts as a member of its groups, silent or not.</summary>
    public readonly bool IsActive(DetectionPolicy policy, DateTimeOffset now) =>
        LastSeen is { } seen && now - seen <= MemberChange.ActiveFor(SilenceDetector.Interval(policy, in this));

    /// <summary>Reads what <see cref="Write"/> wrote, also what an earlier version wrote; an empty span is a device never heard.</summary>
    /// <exception cref="InvalidDataException">Not a stored state.</exception>
    public static DetectionState Read(ReadOnlySpan<byte> stored)
    {
        DetectionState state = default;
        if (stored.IsEmpty)
            return state;
        if (stored[0] != Version)
            throw new InvalidDataException($"A detection state of version {stored[0]} is newer than this build.");
        var rest = stored[1..];
        ReadSection(ref rest, ref state.Silence);
        ReadSection(ref rest, ref state.Rhythm);
        ReadSection(ref rest, ref state.Loss);
        ReadSection(ref rest, ref state.Link);
        ReadSection(ref rest, ref state.Flapping);
        ReadSection(ref rest, ref state.Clock);
        ReadSection(ref rest, ref state.Battery);
        state.Gateway = ReadText(ref rest);
        state.Track = ReadText(ref rest);
        state.Digest = StoredDigest.Read(Next(ref rest));
        ReadSection(ref rest, ref state.Day);
        ReadSection(ref rest, ref state.Lives);
        ReadSection(ref rest, ref state.Images);
        ReadSection(ref rest, ref state.Resets);
        // What the fifth form kept of the battery's latest week.
        Next(ref rest);
        ReadSection(ref rest, ref state.Heard);
        ReadSection(ref rest, ref state.Levels);
        state.Images.Seed(state.Track, state.Digest);
        return state;
    }

    /// <summary>Writes the state in a versioned binary form; returns the number of bytes.</summary>
    public readonly int Write(Span<byte> destination)
    {
        destination[0] = Version;
        var rest = destination[1..];
        WriteSection(ref rest, in Silence);
        WriteSection(ref rest, in Rhythm);
        WriteSection(ref rest, in Loss);
        WriteSection(ref rest, in Link);
        WriteSection(ref rest, in Flapping);
        WriteSection(ref rest, in Clock);
        WriteSection(ref rest, in Battery);
        WriteText(ref rest, Gateway);
        WriteText(ref rest, Track);
        WriteDigest(ref rest, Digest);
        WriteSection(ref rest, in Day);
        WriteSection(ref rest, in Lives);
        WriteSection(ref rest, in Images);
        WriteSection(ref rest, in Resets);
        WriteText(ref rest, null);
        WriteSection(ref rest, in Heard);
        WriteSection(ref rest, in Levels);
        return destination.Length - rest.Length;
    }

    /// <summary>What is known of the device now.</summary>
    public readonly DeviceHealth Health(DetectionPolicy policy, DateTimeOffset now) => DeviceHealthView.Of(policy, in this, now);

    /// <summary>Takes a text over if it fits; the same text again costs a comparison and keeps the older instance.</summary>
    internal static bool Remember(ref string? kept, string? text, int maxBytes)
    {
        if (text is null || string.Equals(kept, text, StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(text) > maxBytes)
            return false;
        kept = text;
        return true;
    }

    /// <summary>Takes over what a reading says of the running image; true when the image of a track changed.</summary>
    internal bool RememberImage(string? track, string? digest, long arrival)
    {
        var isOtherTrack = Remember(ref Track, track, MaxTrackBytes);
        if (digest is null)
            return false;
        if (!isOtherTrack && string.Equals(digest, Digest, StringComparison.Ordinal))
        {
            Images.NamedAgain(arrival);
            return false;
        }
        if (!StoredDigest.Fits(digest))
            return false;
        Digest = digest;
        return Images.Name(track ?? Track, digest, arrival);
    }

    private static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> rest)
    {
        if (rest.Length < 2)
            return [];
        var length = rest[0] | rest[1] << 8;
        if (rest.Length < 2 + length)
            throw new InvalidDataException("A detection state is cut short.");
        var section = rest.Slice(2, length);
        rest = rest[(2 + length)..];
        return section;
    }

    private static void ReadSection<T>(ref ReadOnlySpan<byte> rest, ref T value)
        where T : unmanaged
    {
        var section = Next(ref rest);
        var bytes = MemoryMarshal.AsBytes(new Span<T>(ref value));
        section[..Math.Min(section.Length, bytes.Length)].CopyTo(bytes);
    }

    private static void WriteSection<T>(ref Span<byte> rest, in T value)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value));
        rest[0] = (byte)bytes.Length;
        rest[1] = (byte)(bytes.Length >> 8);
        bytes.CopyTo(rest[2..]);
        rest = rest[(2 + bytes.Length)..];
    }

    private static void WriteDigest(ref Span<byte> rest, string? digest)
    {
        var length = digest is null ? 0 : StoredDigest.Write(digest, rest[2..]);
        rest[0] = (byte)length;
        rest[1] = (byte)(length >> 8);
        rest = rest[(2 + length)..];
    }

    private static string? ReadText(ref ReadOnlySpan<byte> rest)
    {
        var section = Next(ref rest);
        return section.IsEmpty ? null : Encoding.UTF8.GetString(section);
    }

    private static void WriteText(ref Span<byte> rest, string? text)
    {
        var length = text is null ? 0 : Encoding.UTF8.GetBytes(text, rest[2..]);
        rest[0] = (byte)length;
        rest[1] = (byte)(length >> 8);
        rest = rest[(2 + length)..];
    }
}
