using System.Text.Json;
using IoTBackend.Agent.Backend;
using IoTBackend.Agent.Trust;

namespace IoTBackend.Agent.Updates;

/// <summary>Turns a desired state into what is meant on each track.</summary>
/// <param name="told">A report waits.</param>
internal sealed class DesiredWorkloads(StateFile state, Pins pins, Action<string> say, Action told)
{
    private const int Most = 50;

    /// <summary>As the backend takes it.</summary>
    private const int MaxReason = 256;

    /// <summary>On the disk when it returns.</summary>
    public void Apply(DesiredDocument desired)
    {
        // Version 0 is a server that was never told anything, or has lost it: not a reason to stop what runs.
        if (desired.Version <= 0)
            return;
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var workload in (desired.Workloads ?? []).Take(Most))
        {
            if (workload is not { Track: { } track, Image: { } image, Release: { Length: <= 256 } release } || !IsTrack(track))
            {
                say("a workload without a usable track, image or release is passed over");
                continue;
            }

            wanted.Add(track);
            try
            {
                if (pins.Sees(track, Pins.Parse(workload.Signature)))
                    say($"{track}: the backend's rule for signatures is not the pinned one; the pinned one is followed");
            }
            catch (JsonException e)
            {
                say($"{track}: its rule for signatures cannot be read by this version ({e.Message}); nothing changes");
                continue;
            }

            var installation = new Installation(image, release, workload.Tag is { Length: <= 128 } tag ? tag : null, workload.Attempt ?? 1);
            Want(track, installation);
        }

        foreach (var track in state.Tracks.Where(t => !wanted.Contains(t)))
            state.Change(track, record => record.Want(null));
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
}
