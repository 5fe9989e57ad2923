using System.Collections.Frozen;

namespace Rag.Core.Answering;

/// <summary>Says in the question's language that the documents do not answer it.</summary>
internal static class NotFoundText
{
    private const string Fallback = "en";

    private static readonly FrozenDictionary<string, string> Texts = new Dictionary<string, string>
    {
        ["en"] = "I found nothing in these documents that answers this question.",
        ["de"] = "In diesen Dokumenten habe ich nichts gefunden, was diese Frage beantwortet.",
        ["fr"] = "Je n'ai rien trouvé dans ces documents qui réponde à cette question.",
        ["es"] = "No he encontrado en estos documentos nada que responda a esta pregunta.",
        ["ru"] = "В этих документах не нашлось ничего, что отвечало бы на этот вопрос.",
        ["zh"] = "在这些文档中没有找到能回答这个问题的内容。",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // Words that are frequent in questions of one of these languages and rare or absent in the others.
    private static readonly FrozenDictionary<string, string[]> Signs = new Dictionary<string, string[]>
    {
        ["en"] = ["the", "what", "which", "who", "how", "is", "are", "does", "did", "when", "where", "why", "of", "can", "and", "to"],
        ["de"] = ["der", "die", "das", "ist", "wie", "welche", "welcher", "welches", "wer", "wo", "wann", "warum", "und", "für", "kann", "ein", "eine", "den", "gibt"],
        ["fr"] = ["le", "la", "les", "est", "quel", "quelle", "quels", "quelles", "qui", "où", "quand", "pourquoi", "comment", "combien", "et", "des", "du", "une", "que"],
        ["es"] = ["el", "los", "las", "es", "qué", "cuál", "quién", "dónde", "cuándo", "cómo", "cuánto", "cuántos", "por", "y", "del", "una", "que", "para"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static string For(Question question) => Texts[LanguageOf(question.Text, question.Collection.Settings.Language)];

    /// <summary>One of the languages there is a text for: by script, else by small words, else the collection's, else English.</summary>
    public static string LanguageOf(string text, string collectionLanguage)
    {
        if (text.Any(static c => c is >= '\u0400' and <= '\u04FF'))
        {
            return "ru";
        }

        if (text.Any(static c => c is >= '\u4E00' and <= '\u9FFF'))
        {
            return "zh";
        }

        var words = text.ToLowerInvariant().Split((char[])[' ', '\n', '\t', '?', '!', '.', ',', '¿', '¡', '\'', '’'], StringSplitOptions.RemoveEmptyEntries);
        var best = Signs
            .Select(s => (Language: s.Key, Count: words.Count(w => s.Value.Contains(w, StringComparer.Ordinal))))
            .OrderByDescending(static s => s.Count)
            .ThenBy(s => s.Language == collectionLanguage ? 0 : 1)
            .ThenBy(static s => s.Language, StringComparer.Ordinal)
            .First();
        return best.Count > 0 ? best.Language : Texts.ContainsKey(collectionLanguage) ? collectionLanguage : Fallback;
    }
}
