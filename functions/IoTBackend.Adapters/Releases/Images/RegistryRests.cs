using System.Collections.Concurrent;
using System.Globalization;
using Azure;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Releases.Images;

/// <summary>
/// Until when each registry is left alone: as long as it asked, within bounds, or a little after it failed. Calls meanwhile fail at once,
/// so that neither it nor anybody who reads others is kept waiting.
/// </summary>
public sealed class RegistryRests(TimeProvider time)
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(20);

    /// <summary>One that asks for hours is asked again sooner: it may have been mended.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _until = [];

    /// <exception cref="UnavailableException">It rests.</exception>
    public void ThrowIfResting(string host)
    {
        if (_until.TryGetValue(host, out var until) && until > time.GetUtcNow())
            throw new UnavailableException(IRegistryReader.Service);
    }

    public void Answered(string host) => _until.TryRemove(host, out _);

    public void Failed(string host, Exception exception)
    {
        var now = time.GetUtcNow();
        var rest = AskedFor(exception, now) ?? AfterFailure;
        _until[host] = now + (rest < Longest ? rest : Longest);
    }

    /// <summary>RFC 9110, 10.2.3: seconds or a date.</summary>
    private static TimeSpan? AskedFor(Exception exception, DateTimeOffset now)
    {
        if ((exception as RequestFailedException)?.GetRawResponse()?.Headers.TryGetValue("Retry-After", out var text) != true)
            return null;
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(Math.Min(seconds, 86_400))
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var until) && until > now ? until - now
            : null;
    }
}
