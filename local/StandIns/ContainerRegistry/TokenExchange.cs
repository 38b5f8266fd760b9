using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Azure.Containers.ContainerRegistry;

/// <summary>
/// An Entra token becomes the registry's refresh token (<c>/oauth2/exchange</c>), that one an access token per scope (<c>/oauth2/token</c>).
/// Source: github.com/Azure/acr, docs/AAD-OAuth.md. Without a credential the access token is asked for anonymously.
/// </summary>
internal sealed class TokenExchange(Uri endpoint, HttpPipeline pipeline, TokenCredential? credential, string entraScope, TimeProvider time)
{
    /// <summary>Not used in its last minute: it has to live as long as the request it is for.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<BearerChallenge, Token> _access = [];
    private readonly ConcurrentDictionary<string, Token> _refresh = [];

    public async ValueTask<string> AccessTokenAsync(BearerChallenge challenge, CancellationToken cancellationToken)
    {
        if (_access.TryGetValue(challenge, out var cached) && IsFresh(cached))
            return cached.Value;
        List<KeyValuePair<string, string>> form = [new("service", challenge.Service)];
        // Several scopes come in one challenge separated by spaces and are asked for one by one.
        form.AddRange(challenge.Scope.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => new KeyValuePair<string, string>("scope", s)));
        if (credential is null)
        {
            form.Add(new("grant_type", "password"));
        }
        else
        {
            form.Add(new("grant_type", "refresh_token"));
            form.Add(new("refresh_token", await RefreshTokenAsync(challenge.Service, cancellationToken)));
        }

        var token = await PostAsync("/oauth2/token", form, "access_token", cancellationToken);
        _access[challenge] = token;
        return token.Value;
    }

    /// <summary>The registry refused what was cached.</summary>
    public void Forget(BearerChallenge challenge)
    {
        _access.TryRemove(challenge, out _);
        _refresh.TryRemove(challenge.Service, out _);
    }

    private async ValueTask<string> RefreshTokenAsync(string service, CancellationToken cancellationToken)
    {
        if (_refresh.TryGetValue(service, out var cached) && IsFresh(cached))
            return cached.Value;
        var entra = await credential!.GetTokenAsync(new TokenRequestContext([entraScope]), cancellationToken);
        var token = await PostAsync(
            "/oauth2/exchange",
            [new("grant_type", "access_token"), new("service", service), new("access_token", entra.Token)],
            "refresh_token",
            cancellationToken);
        _refresh[service] = token;
        return token.Value;
    }

    private async Task<Token> PostAsync(string path, List<KeyValuePair<string, string>> form, string property, CancellationToken cancellationToken)
    {
        using var message = pipeline.CreateMessage();
        message.Request.Method = RequestMethod.Post;
        message.Request.Uri.Reset(new Uri(endpoint, path));
        using var content = new FormUrlEncodedContent(form);
        message.Request.Headers.SetValue(HttpHeader.Names.ContentType, "application/x-www-form-urlencoded");
        message.Request.Content = RequestContent.Create(await content.ReadAsByteArrayAsync(cancellationToken));
        await pipeline.SendAsync(message, cancellationToken);
        if (message.Response.Status != 200)
            throw new RequestFailedException(message.Response);

        using var json = JsonDocument.Parse(message.Response.Content);
        var value = json.RootElement.GetProperty(property).GetString() ?? throw new RequestFailedException(200, $"The answer has no {property}.");
        return new(value, ExpiryOf(value));
    }

    private bool IsFresh(Token token) => token.ExpiresAt - Margin > time.GetUtcNow();

    /// <summary>The time in a JWT's <c>exp</c>; a token that is not a JWT is used once.</summary>
    private static DateTimeOffset ExpiryOf(string token)
    {
        try
        {
            var payload = Base64Url.DecodeFromChars(token.Split('.') is [_, var middle, _] ? middle : "");
            using var json = JsonDocument.Parse(payload);
            return DateTimeOffset.FromUnixTimeSeconds(json.RootElement.GetProperty("exp").GetInt64());
        }
        catch (Exception e) when (e is FormatException or JsonException or KeyNotFoundException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            return DateTimeOffset.MinValue + Margin;
        }
    }

    private sealed record Token(string Value, DateTimeOffset ExpiresAt);
}
