using System.Text.Json;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using IoTBackend.Core.Releases.Images;

namespace IoTBackend.Adapters.Releases.Images;

/// <summary>
/// Logs one repository's requests in where the registry asks for it: with a bearer token from the realm it names
/// (github.com/distribution/distribution, docs/content/spec/auth/token.md), or with Basic where it offers nothing better.
/// </summary>
internal sealed class RegistryLogin(RegistryTokens tokens, string repository) : HttpPipelinePolicy
{
    /// <summary>Characters; ACR's have two thousand.</summary>
    private const int MaxToken = 16 * 1024;

    private const int MaxScope = 512;

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var here = tokens.IsRegistry(message.Request.Uri.ToUri());
        var known = here ? tokens.Find(repository) : null;
        if (known is not null)
            message.Request.Headers.SetValue(HttpHeader.Names.Authorization, known);
        await ProcessNextAsync(message, pipeline);
        if (!here || message.Response.Status != 401)
            return;
        if (known is not null)
            tokens.Forget(repository, known);
        var challenges = AuthChallenge.Parse(message.Response.Headers.TryGetValue("WWW-Authenticate", out var header) ? header : "");
        if (await AnswerAsync(challenges, message, pipeline) is not { } answer)
            return;
        message.Request.Headers.SetValue(HttpHeader.Names.Authorization, answer);
        await ProcessNextAsync(message, pipeline);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("Registries are read asynchronously.");

    private async ValueTask<string?> AnswerAsync(
        IReadOnlyList<AuthChallenge> challenges, HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        foreach (var challenge in challenges.Where(c => c.Is("Bearer")))
        {
            if (tokens.Realm(challenge.Parameter("realm")) is not { } realm)
                continue;
            var (service, scope) = (challenge.Parameter("service") ?? "", challenge.Parameter("scope") ?? "");
            if (service.Length > MaxScope || scope.Length > MaxScope)
                throw new RegistryContentException($"The registry asks for a login to a scope of more than {MaxScope} characters.");
            var query = $"service={Uri.EscapeDataString(service)}&scope={Uri.EscapeDataString(scope)}";
            var uri = new UriBuilder(realm) { Query = realm.Query is ['?', .. { Length: > 0 } more] ? $"{more}&{query}" : query }.Uri;
            // Another request of this repository may have got it meanwhile.
            return tokens.Find(repository) ?? await FetchTokenAsync(uri, message, pipeline);
        }

        if (tokens.Basic is not { } basic || !challenges.Any(c => c.Is("Basic")))
            return null;
        return tokens.Keep(repository, basic, TimeSpan.FromDays(1));
    }

    /// <summary>Through the rest of the same pipeline, by borrowing the message: a policy has no pipeline of its own.</summary>
    private async ValueTask<string> FetchTokenAsync(Uri uri, HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var original = message.Request.Uri.ToUri();
        var method = message.Request.Method;
        var buffered = message.BufferResponse;
        try
        {
            message.Response.Dispose();
            message.BufferResponse = true;
            message.Request.Method = RequestMethod.Get;
            message.Request.Uri.Reset(uri);
            if (tokens.Basic is { } basic)
                message.Request.Headers.SetValue(HttpHeader.Names.Authorization, basic);
            else
                message.Request.Headers.Remove(HttpHeader.Names.Authorization);
            await ProcessNextAsync(message, pipeline);
            return message.Response.Status switch
            {
                200 => Keep(message.Response),
                401 or 403 => throw new RegistryRefusedException($"The registry's login answered {message.Response.Status}: its credential is not taken."),
                _ => throw new RequestFailedException(message.Response),
            };
        }
        finally
        {
            message.Request.Headers.Remove(HttpHeader.Names.Authorization);
            message.Request.Method = method;
            message.Request.Uri.Reset(original);
            message.BufferResponse = buffered;
        }
    }

    private string Keep(Response response)
    {
        try
        {
            using var json = JsonDocument.Parse(response.ContentStream ?? Stream.Null);
            var root = json.RootElement;
            var token = root.TryGetProperty("token", out var t) ? t.GetString() : root.TryGetProperty("access_token", out t) ? t.GetString() : null;
            // "For compatibility, at least 60 seconds" where expires_in is missing.
            var seconds = root.TryGetProperty("expires_in", out var e) && e.TryGetInt32(out var given) ? Math.Clamp(given, 0, 3600) : 60;
            if (token is { Length: > MaxToken })
                throw new RegistryContentException($"The registry's login gives a token of more than {MaxToken} characters.");
            if (token is { Length: > 0 } && token.All(c => c is > ' ' and < (char)127))
                return tokens.Keep(repository, $"Bearer {token}", TimeSpan.FromSeconds(seconds));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Told below.
        }

        throw new RegistryContentException("The registry's answer to the login holds no token.");
    }
}
