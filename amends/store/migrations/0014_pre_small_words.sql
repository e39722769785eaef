-- Words are kept in small letters: a search by two characters, which no index can help, reads them all.
update order_words set words = lower(words) where words <> lower(words);
