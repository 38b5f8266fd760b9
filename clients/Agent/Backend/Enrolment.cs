using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Host;
using IoTBackend.Agent.Trust;
using IoTBackend.Agent.Updates;

namespace IoTBackend.Agent.Backend;

/// <summary>The device has no key and nothing to get one with: somebody has to do something.</summary>
internal sealed class EnrolmentRefusedException(string message) : Exception(message);

/// <summary>
/// Gets the device a key of its own with a claim token. Its order lets it die anywhere: the nonce is on the disk before the first request, so that
/// the answer can be had again; pins and identity are there before the key, whose being there means that all is done.
/// </summary>
internal sealed class Enrolment(AgentConfiguration configuration, HttpClient http, Pins pins, Backoff backoff, TimeProvider time, Action<string> say)
{
    private const int MaxToken = 128;
    private const int MaxKey = 512;

    /// <summary>It goes into each call's header, of which servers take 32 KiB.</summary>
    private const int MaxHost = 255;

    private static string IdentityFile(AgentConfiguration configuration) => Path.Combine(configuration.StateDirectory, "identity.json");

    private string NonceFile => Path.Combine(configuration.StateDirectory, "nonce");

    /// <summary>Who this device is; enrols it first where it has no key.</summary>
    /// <exception cref="EnrolmentRefusedException">There is neither a key nor a claim that counts.</exception>
    public async Task<Identity> RunAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(configuration.KeyFile))
        {
            while (await EnrolAsync(cancellationToken) is var (trouble, retryAfter))
            {
                var pause = backoff.Failed(retryAfter);
                say($"enrolment: {trouble}; asking again in {pause.TotalSeconds:0} s");
                await Task.Delay(pause, time, cancellationToken);
            }
        }

        return IdentityOf(configuration, say);
    }

    /// <summary>Of a device that has its key.</summary>
    public static Identity IdentityOf(AgentConfiguration configuration, Action<string> say)
    {
        var path = IdentityFile(configuration);
        try
        {
            if (File.Exists(path) && JsonSerializer.Deserialize(File.ReadAllBytes(path), WireJson.Default.Identity) is { } known && known.DeviceId == configuration.DeviceId)
                return known;
        }
        catch (JsonException e)
        {
            say($"{path} cannot be read and is passed over: {e.Message}");
        }

        // A key from an operator's hand: the server does not compare the host unless it is told to.
        return new(configuration.DeviceId, new Uri(configuration.Server).Authority);
    }

    /// <summary>Null = the device has its key. A refusal too may pass: somebody opens the claim, or the server was not itself.</summary>
    private async Task<(string Trouble, TimeSpan? RetryAfter)?> EnrolAsync(CancellationToken cancellationToken)
    {
        if (configuration.ClaimFile is not { } claim)
            throw new EnrolmentRefusedException($"there is no {configuration.KeyFile}, and no claimFile to get a key with");
        var token = PrivateFile.Read(claim);
        if (token.Length is 0 or > MaxToken)
            throw new EnrolmentRefusedException($"{claim} holds no claim token");
        var request = new EnrolmentRequest(token, configuration.DeviceId, Nonce(), Platform());
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            using var response = await http.PostAsync("api/devices/enroll", BackendClient.Json(JsonSerializer.SerializeToUtf8Bytes(request, WireJson.Default.EnrolmentRequest)), late.Token);
            if (response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.Conflict)
                return ($"the server refuses to enrol {configuration.DeviceId} ({(int)response.StatusCode}){await BackendClient.ProblemAsync(response, cancellationToken)}", null);
            await BackendClient.ThrowUnlessAsync(response, response.IsSuccessStatusCode, cancellationToken);
            Keep(JsonSerializer.Deserialize(await BackendClient.ReadAsync(response, cancellationToken), WireJson.Default.EnrolmentAnswer));
            return null;
        }
        catch (Exception e)
        {
            // Whatever failed just then is no news to who stops it.
            cancellationToken.ThrowIfCancellationRequested();
            return (e is HttpRequestException or OperationCanceledException ? $"the server cannot be reached: {Connection.Fault(e, time.GetUtcNow())}" : Fault.Of(e), (e as BackendUnavailableException)?.RetryAfter);
        }
    }

    private void Keep(EnrolmentAnswer? answer)
    {
        if (answer is not { PrimaryKey: { Length: <= MaxKey } key, HostName: { Length: <= MaxHost } host } || answer.DeviceId != configuration.DeviceId || !DeviceKey.IsOne(key))
            throw new InvalidDataException("the server's answer holds no key for this device");
        pins.Add((answer.Tracks ?? []).Where(t => t is { Track: { } track } && DesiredWorkloads.IsTrack(track)).Select(t => KeyValuePair.Create(t.Track!, PinOf(t))));
        Disk.Replace(IdentityFile(configuration), JsonSerializer.SerializeToUtf8Bytes(new(configuration.DeviceId, host), WireJson.Default.Identity));
        Disk.Replace(configuration.KeyFile, Encoding.ASCII.GetBytes(key + "\n"));
        say($"enrolled as {configuration.DeviceId}; the key is in {configuration.KeyFile}");
    }

    private static Pin PinOf(EnrolledTrack track) => new(Pins.Parse(track.Signature), track.Image is not { } image ? null
        : (ImageName.Parse($"{image}@sha256:{new string('0', 64)}") ?? throw new InvalidDataException($"the image of {track.Track} is no repository")).Name);

    private string Nonce()
    {
        if (File.Exists(NonceFile) && File.ReadAllText(NonceFile) is { Length: > 0 } kept)
            return kept;
        var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));
        Disk.Replace(NonceFile, Encoding.ASCII.GetBytes(nonce));
        return nonce;
    }

    private static string Platform() =>
        Core.Devices.Platform.Normalise("linux", System.Runtime.InteropServices.RuntimeInformation.OSArchitecture.ToString(), null).ToString();
}

internal static class DeviceKey
{
    private const int MinBytes = 16;

    public static bool IsOne(string base64) => Decode(base64) is { Length: >= MinBytes };

    /// <exception cref="IOException">The file is open to others, or holds no key.</exception>
    public static byte[] Read(string path) => Decode(PrivateFile.Read(path)) is { Length: >= MinBytes } key ? key : throw new IOException($"{path} holds no key (base64 on one line)");

    private static byte[]? Decode(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var length) ? bytes[..length] : null;
    }
}
