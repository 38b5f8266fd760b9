using IoTBackend.Agent.Backend;
using IoTBackend.Agent.Trust;

namespace IoTBackend.Agent.Updates;

/// <summary>Turns a desired state into what is meant on each track.</summary>
/// <param name="told">A report waits.</param>
internal sealed class DesiredWorkloads(StateFile state, Pins pins, Action<string> say, Action told)
{
    private const int Most = 50;

    /// <summary>Those that are not over yet (<see cref="WorkloadRecord.IsOver"/>) among them.</summary>
    private const int MostTracks = 100;

    /// <summary>As the backend takes it.</summary>
    private const int MaxReason = 256;

    /// <summary>On the disk when it returns.</summary>
    /// <exception cref="IOException">It is not, or not all of it: to be asked for again.</exception>
    public void Apply(DesiredDocument desired)
    {
        // Version 0 is a server that was never told anything, or has lost it: not a reason to stop what runs.
        if (desired.Version <= 0)
            return;
        var workloads = desired.Workloads ?? [];
        // Also those of which it says nothing usable: what runs there goes on.
        var named = workloads.Select(w => w?.Track).OfType<string>().ToHashSet(StringComparer.Ordinal);
        foreach (var track in state.Tracks.Where(t => !named.Contains(t)))
            state.Change(track, record => record.Want(null));
        var (passedOver, isFull) = (Math.Max(0, workloads.Count - Most), false);
        foreach (var workload in workloads.Take(Most))
        {
            if (workload is not { Track: { } track, Image: { Length: <= 512 } image, Release: { Length: <= 256 } release } || !IsTrack(track) || !IsPlain(image) || !IsPlain(release))
                passedOver++;
            else if (!state.Has(track) && state.Tracks.Count >= MostTracks)
                isFull = true;
            else if (IsPinned(track, image, workload))
                Want(track, new(image, release, workload.Tag is { Length: <= 128 } tag && IsPlain(tag) ? tag : null, workload.Attempt ?? 1));
        }

        if (passedOver > 0)
            say($"{passedOver} workloads beyond {Most}, or without a usable track, image or release, are passed over");
        if (isFull)
            throw new IOException($"there are {MostTracks} tracks that are not over yet, and no room for more");
    }

    private bool IsPinned(string track, string image, DesiredWorkload workload)
    {
        try
        {
            if (ImageName.Parse(image) is { } name && pins.Sees(track, new(Pins.Parse(workload.Signature), name.Name)))
                say($"{track}: the backend's rule for signatures is not the pinned one; the pinned one is followed");
            return true;
        }
        catch (InvalidDataException e)
        {
            say($"{track}: {e.Message}; nothing changes");
            return false;
        }
    }

    private void Want(string track, Installation installation)
    {
        try
        {
            state.Change(track, record => record.Want(installation));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What runs goes on running, and whoever waits for the update learns why.
            var why = $"the device's disk takes nothing: {e.Message}";
            state.ChangeReport(track, _ => Report.Of(installation, "deferred", why[..Math.Min(why.Length, MaxReason)]));
            told();
            throw;
        }
    }

    /// <summary>As the backend names tracks: they become part of containers' names.</summary>
    internal static bool IsTrack(string text) => text.Length is > 0 and <= 63 && char.IsAsciiLetterOrDigit(text[0])
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '-');

    /// <summary>As all names of the backend and of registries are; it goes into a log.</summary>
    private static bool IsPlain(string text) => text.All(c => c is > ' ' and <= '~');
}
